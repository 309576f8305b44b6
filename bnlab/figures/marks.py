"""Traces and layouts of finished figures: lines, levels and dots under a legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bnlab.figures.axes import BARE_MARGIN, frame_of
from bnlab.figures.theme import on_dark
from bnlab.results.frames import Array

Figure = dict[str, Any]
Values = Array | Sequence[float]

_SHARES = [0, 1.05]
SHARE: Figure = {"tickformat": ".0%", "autorange": False, "range": _SHARES}  # of an axis
THIN = {"color": "$text", "width": 1}
DOTTED = {"color": "$muted", "width": 1.5, "dash": "dot"}
LEGEND = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.01, "yanchor": "bottom"}
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
        "legend": LEGEND,
    }


def scatter(mode: str, x: Values, y: Values, *, hover: str = "", **more: Any) -> Figure:
    """A trace over x (S,), y (S,); without a hover text it is not in the legend either."""
    quiet: Figure = {"hoverinfo": "skip", "showlegend": False}
    told = {"hovertemplate": f"{hover}<extra></extra>"} if hover else quiet
    return {"type": "scatter", "mode": mode, "x": numbers(x), "y": numbers(y), **told, **more}


def line(
    name: str, x: Array, y: Array, colour: str, *, dash: str = "solid", symbol: str = ""
) -> Figure:
    """Shares (S,) over x (S,); with a symbol at each value if one is named."""
    return scatter(
        "lines+markers" if symbol else "lines",
        x,
        y,
        hover=f"{name}: %{{y:.1%}}",
        name=name,
        line={"color": both(colour), "width": 2.5, "dash": dash},
        marker={"size": 7, "symbol": symbol or "circle"},
    )


def level(name: str, x: Array, y: float, colour: str | None, *, dash: str = "solid") -> Figure:
    """The same share all across; muted without a colour."""
    shown = both(colour) if colour else "$muted"
    made = line(name, x, np.full(len(x), y), colour or "", dash=dash)
    return made | {"line": {"color": shown, "width": 2, "dash": dash}}


def dots(x: Array, y: Array, *, name: str, colour: str, words: str, **marker: Any) -> Figure:
    """Points (S,), (S,); `words` is the hover text."""
    made = {"color": both(colour), **marker}
    return scatter("markers", x, y, hover=words, name=name, marker=made)


def upright(x: float) -> Figure:
    """A dotted line across all shares, at one place."""
    return scatter("lines", [x, x], _SHARES, line=DOTTED)


def both(colour: str) -> dict[str, str]:
    """A colour for light and for dark ground."""
    return {"light": colour, "dark": on_dark(colour)}


def numbers(values: Array | Sequence[float]) -> list[float | None]:
    """Numbers for JSON: of five digits, and None where there is none."""
    return [float(f"{value:.5g}") if np.isfinite(value) else None for value in np.asarray(values)]
