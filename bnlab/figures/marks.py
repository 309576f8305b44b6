"""Traces and layouts of finished figures: lines, levels and dots under a legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bnlab.figures.axes import BARE_MARGIN, frame_of
from bnlab.figures.theme import on_dark
from bnlab.results.frames import Array

Figure = dict[str, Any]

SHARE = {"tickformat": ".0%", "autorange": False, "range": [0, 1.05]}  # an axis of shares
_LEGEND_PX = 22  # a row of the legend above the axes
_HEIGHT_PX = 230


def layout(
    xaxis: Mapping[str, Any],
    yaxis: Mapping[str, Any],
    *,
    legend_rows: int = 0,
    height: int = _HEIGHT_PX,
) -> Figure:
    """One pair of axes, with room above for so many rows of a legend."""
    top = 10 + _LEGEND_PX * legend_rows
    made = frame_of(xaxis=dict(xaxis), yaxis=dict(yaxis), height=height + top)
    margin = BARE_MARGIN if xaxis.get("visible") is False else made["margin"]
    return made | {
        "margin": margin | {"t": top},
        "showlegend": legend_rows > 0,
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.01, "yanchor": "bottom"},
    }


def line(
    name: str, x: Array, y: Array, colour: str, *, dash: str = "solid", symbol: str = ""
) -> Figure:
    """Shares (S,) over x (S,); with a symbol at each value if one is named."""
    return {
        "type": "scatter",
        "mode": "lines+markers" if symbol else "lines",
        "name": name,
        "x": numbers(x),
        "y": numbers(y),
        "line": {"color": both(colour), "width": 2.5, "dash": dash},
        "marker": {"size": 7, "symbol": symbol or "circle"},
        "hovertemplate": f"{name}: %{{y:.1%}}<extra></extra>",
    }


def level(name: str, x: Array, y: float, colour: str | None, *, dash: str = "solid") -> Figure:
    """The same share all across; muted without a colour."""
    shown = both(colour) if colour else "$muted"
    made = line(name, x, np.full(len(x), y), colour or "", dash=dash)
    return made | {"line": {"color": shown, "width": 2, "dash": dash}}


def dots(x: Array, y: Array, *, name: str, colour: str, words: str, **marker: Any) -> Figure:
    """Points (S,), (S,); `words` is said of the one that is hovered."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": numbers(x),
        "y": numbers(y),
        "marker": {"color": both(colour), **marker},
        "hovertemplate": f"{words}<extra></extra>",
    }


def upright(x: float) -> Figure:
    """A dotted line across all shares, at one place."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x, x],
        "y": SHARE["range"],
        "line": {"color": "$muted", "width": 1.5, "dash": "dot"},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def both(colour: str) -> dict[str, str]:
    """A colour for light and for dark ground."""
    return {"light": colour, "dark": on_dark(colour)}


def numbers(values: Array | Sequence[float]) -> list[float | None]:
    """Numbers for JSON: of five digits, and None where there is none."""
    return [float(f"{value:.5g}") if np.isfinite(value) else None for value in np.asarray(values)]
