"""Several figures as one: for notebooks, where a result is one figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bnlab.figures.axes import head
from bnlab.figures.marks import Figure

_GAP = 0.2  # between two figures, as a share of the width of each: room for the next one's axis
_HEAD_PX = 30


def side_by_side(figures: Sequence[Figure]) -> Figure:
    """Figures of one pair of axes each, in a row under their titles.

    Their colour scales must be one, as those of the maps of a sweep: one bar explains all.
    """
    width = 1 / (len(figures) + _GAP * (len(figures) - 1))
    first = figures[0]["layout"]
    layout: dict[str, Any] = {
        name: first[name] for name in first if name not in ("xaxis", "yaxis", "annotations")
    }
    layout["height"] = first["height"] + _HEAD_PX
    layout["margin"] = first["margin"] | {"t": first["margin"]["t"] + _HEAD_PX}
    layout["annotations"] = []
    traces: list[Figure] = []
    for place, figure in enumerate(figures):
        number = str(place + 1) if place else ""
        left = place * (1 + _GAP) * width
        domain = {"domain": [left, min(1.0, left + width)], "anchor": f"y{number}"}
        layout[f"xaxis{number}"] = figure["layout"]["xaxis"] | domain
        layout[f"yaxis{number}"] = figure["layout"]["yaxis"] | {"anchor": f"x{number}"}
        layout["annotations"].append(head(figure["title"], number, x=0) | {"xanchor": "left"})
        traces += [_moved(trace, number, shows_scale=place == 0) for trace in figure["traces"]]
    return {
        "title": "; ".join(figure["title"] for figure in figures),
        "alt": " ".join(figure["alt"] for figure in figures),
        "traces": traces,
        "layout": layout,
    }


def _moved(trace: Figure, number: str, *, shows_scale: bool) -> Figure:
    own = {"showscale": shows_scale} if trace["type"] == "heatmap" else {}
    return trace | own | {"xaxis": f"x{number}", "yaxis": f"y{number}"}
