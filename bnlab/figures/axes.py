"""Axes and layouts that the figures share, as plain Plotly dictionaries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bnlab.spec.experiment import Experiment

Layout = dict[str, Any]
_HEIGHT_PX = 260
BARE_MARGIN = {"l": 8, "r": 8, "t": 30, "b": 8}  # of a figure whose axes are not drawn
_GAP = 0.03  # between two columns, as a share of the width


def axis(title: str = "", *ends: float, **more: Any) -> Layout:
    """An axis with its title; with two ends it is fixed from the first to the second."""
    made: Layout = {"title": {"text": title}} if title else {}
    if ends:
        made |= {"autorange": False, "range": [*ends]}
    return made | more


def hidden_axis(*ends: float, **more: Any) -> Layout:
    """An axis that is not drawn, fixed from one end to the other."""
    return axis("", *ends, visible=False, **more)


def ticks(values: Iterable[float], form: str = "g") -> Layout:
    """Ticks at these values only, each labeled with its number."""
    shown = list(values)
    return {"tickvals": shown, "ticktext": [f"{value:{form}}" for value in shown]}


def frame_of(*, xaxis: Layout, yaxis: Layout, height: int = _HEIGHT_PX) -> Layout:
    """A figure with one pair of axes."""
    shared = {"hovermode": "x unified"}  # one box with every variant's value
    return _base(height, top_px=10) | shared | {"xaxis": xaxis, "yaxis": yaxis}


def columns(
    names: Sequence[str],
    *,
    xaxis: Layout,
    yaxis: Layout,
    title_below: str = "",
    height: int = _HEIGHT_PX,
) -> Layout:
    """A figure with one column a variant, side by side; each column is headed by its name.

    Its last annotation is the title of all x axes.
    """
    layout = _base(height, top_px=30)
    width = (1 - _GAP * (len(names) - 1)) / len(names)
    annotations = []
    for index, name in enumerate(names):
        number = "" if index == 0 else str(index + 1)
        left = index * (width + _GAP)
        layout[f"xaxis{number}"] = xaxis | {
            "domain": [left, min(1.0, left + width)],
            "anchor": f"y{number}",
            "constrain": "domain",
        }
        own: Layout = (
            {"matches": "y", "showticklabels": False, "title": {"text": ""}} if index else {}
        )
        if "scaleanchor" in yaxis:
            own = {"scaleanchor": f"x{number}", "constrain": "domain"}
        layout[f"yaxis{number}"] = yaxis | own | {"anchor": f"x{number}"}
        annotations.append(head(name, number, x=0.5) | {"name": name})
    # The columns' common title: a title each would overlap on a phone.
    title = {
        "text": title_below, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0, "yanchor": "top",
        "yshift": -24, "showarrow": False,
    }  # fmt: skip
    return layout | {"annotations": [*annotations, title]}


def head(title: str, number: str, *, x: float) -> Layout:
    """A heading above the axes of this number ("" is the first), at x of their width."""
    return {
        "text": f"<b>{title}</b>",
        # Of the axes, not of the paper: square pictures are narrower than their column.
        "xref": f"x{number} domain",
        "yref": f"y{number} domain",
        "x": x,
        "y": 1,
        "yanchor": "bottom",
        "showarrow": False,
    }


def step_axis(experiment: Experiment) -> Layout:
    """The steps of the longest variant, all of them from the start: the axis never moves."""
    steps = max(spec.steps for spec in experiment.specs().values())
    return axis("step", 0, steps, unifiedhovertitle={"text": "step %{x:.0f}"}, nticks=7)


def numbered_layers(depth: int) -> list[int]:
    """The layers that get a number on an axis: all of them, or about twelve."""
    every = max(1, -(-depth // 12))
    return [layer for layer in range(1, depth + 1) if layer == 1 or layer % every == 0]


def layer_axis(depth: int, *, has_output: bool) -> Layout:
    """One place a layer, the first on the left; the output layer last, if it is measured."""
    layers = numbered_layers(depth)
    if has_output and depth > 12:
        layers = [layer for layer in layers if layer < depth]  # "out" needs the room
    values, texts = [float(layer) for layer in layers], [str(layer) for layer in layers]
    if has_output:
        values, texts = [*values, depth + 1.0], [*texts, "out"]
    return axis(
        "layer",
        0.6,
        depth + (1.4 if has_output else 0.4),
        unifiedhovertitle={"text": "layer %{x}"},
        tickvals=values,
        ticktext=texts,
        tickangle=0,
        zeroline=False,
    )


def _base(height: int, *, top_px: int) -> Layout:
    return {
        "height": height,
        "margin": {"l": 58, "r": 12, "t": top_px, "b": 46},
        "showlegend": False,
        "hovermode": "closest",
        "uirevision": "zoom",  # what the learner zoomed to stays
        "dragmode": "zoom",
    }
