"""One batch norm layer as a figure: the values of each unit before and after, on one axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnlab.by_hand.batch_norm import Forward
from bnlab.figures.axes import axis, frame_of
from bnlab.figures.theme import BLUE, GREY, ORANGE, on_dark

Trace = dict[str, Any]

MOST_MARKS = 32  # examples that get a mark each; more of them are drawn as a histogram
BINS = 60  # over the whole axis, the same for every row
_ROW_PX = 30
_HEIGHT = 0.8  # of a histogram, as a share of its row


@dataclass(frozen=True)
class _Stage:
    """What is drawn of each unit: one row."""

    attribute: str
    name: str
    colour: str
    marker: str


_STAGES = (
    _Stage("x", "x", GREY, "circle-open"),
    _Stage("x_hat", "x̂", BLUE, "diamond-open"),
    _Stage("y", "y", ORANGE, "square-open"),
)
_MEANINGS = (
    ("x", "Before: the values of the minibatch."),
    ("x̂", "Normalized: mean 0, and a spread of 1."),
    ("y", "After gamma and beta: mean beta, and a spread of the size of gamma."),
    ("Mark", "One example."),
    ("Hill", f"With more than {MOST_MARKS} examples: how many of them lie there."),
    ("Bar", "From one standard deviation below the mean to one above it; the tick is the mean."),
)


def distributions(layer: Forward) -> dict[str, Any]:
    """The values of every unit before and after batch norm, row by row on one common axis.

    Args:
        layer: a forward of a minibatch (N, F).
    """
    rows = [
        (stage, f"{stage.name} · unit {unit + 1}", getattr(layer, stage.attribute)[:, unit])
        for unit in range(layer.x.shape[1])
        for stage in _STAGES
    ]
    places = {name: len(rows) - i for i, (_, name, _) in enumerate(rows)}  # from the top down
    edges = _edges(np.concatenate([values for _, _, values in rows]))
    traces = []
    for stage, name, values in rows:
        finite = values[np.isfinite(values)]
        if finite.size:
            draw = _marks(stage, finite) if finite.size <= MOST_MARKS else _hill(finite, edges)
            for trace in (_bar(finite), draw):
                traces.append(_placed(trace, stage, name, places[name]))
    return {
        "title": "The values of each unit, on one axis",
        "alt": _alt(layer),
        "help": _MEANINGS,
        "traces": traces,
        "layout": _layout(places),
        "table": {
            "head": ["", "mean", "standard deviation", "smallest", "largest"],
            "rows": [_table_row(name, values) for _, name, values in rows],
        },
    }


def _marks(stage: _Stage, values: NDArray[np.float64]) -> Trace:
    return {
        "x": values.tolist(),
        "y": [0.0] * values.size,
        "mode": "markers",
        "marker": {"symbol": stage.marker, "size": 10, "line": {"width": 1.8}},
    }


def _hill(values: NDArray[np.float64], edges: NDArray[np.float64]) -> Trace:
    counts = np.histogram(values, edges)[0]
    heights = counts / counts.max() * _HEIGHT
    steps = np.concatenate([[0.0], np.repeat(heights, 2), [0.0]])
    return {
        "x": np.repeat(edges, 2).tolist(),
        "y": (steps - 0.2).tolist(),
        "mode": "lines",
        "line": {"width": 1.2},
        "fill": "toself",
        "hoverinfo": "skip",
    }


def _bar(values: NDArray[np.float64]) -> Trace:
    mean, spread = float(values.mean()), float(values.std())
    return {
        "x": [mean - spread, mean, mean + spread],
        "y": [-0.28] * 3,
        "mode": "lines+markers",
        "line": {"width": 3},
        "marker": {"symbol": "line-ns", "size": [0, 11, 0], "line": {"width": 2}},
        "hoverinfo": "skip",
    }


def _placed(trace: Trace, stage: _Stage, name: str, place: int) -> Trace:
    """A trace in its row and colour."""
    colours = {"light": stage.colour, "dark": on_dark(stage.colour)}
    placed = trace | {"y": [y + place for y in trace["y"]], "name": name}
    if "hoverinfo" not in trace:
        placed["hovertemplate"] = name + ": %{x:.4g}<extra></extra>"
    if "line" in trace:
        placed["line"] = trace["line"] | {"color": colours}
    if marker := trace.get("marker"):
        line = marker["line"] | {"color": colours}
        placed["marker"] = marker | {"color": colours, "line": line}
    return placed


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    if not high - low > 1e-9 * max(abs(low), abs(high)):
        low, high = low - 0.5 - abs(low), high + 0.5 + abs(high)
    return np.linspace(low, high, BINS + 1)


def _layout(places: dict[str, int]) -> dict[str, Any]:
    layout = frame_of(
        xaxis=axis("value", zeroline=True, automargin=True),
        yaxis={
            "tickvals": list(places.values()),
            "ticktext": list(places),
            "range": [0.4, len(places) + 0.8],
            "showgrid": False,
            "fixedrange": True,
        },
        height=70 + _ROW_PX * len(places),
    )
    between = [
        {
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y,
            "line": {"color": "$muted", "width": 0.5},
        }
        for y in np.arange(len(_STAGES) + 0.6, len(places), len(_STAGES)).tolist()
    ]  # fmt: skip
    return layout | {
        "hovermode": "closest",
        "margin": {**layout["margin"], "l": 84},
        "shapes": between,
    }


def _table_row(name: str, values: NDArray[np.float64]) -> list[str]:
    numbers = (values.mean(), values.std(), values.min(), values.max())
    return [name, *(f"{number:.4g}" for number in numbers)]


def _alt(layer: Forward) -> str:
    """What the picture tells, unit by unit."""
    parts = [
        f"Unit {unit + 1}: x has mean {layer.mean[unit]:.3g} and standard deviation "
        f"{layer.x[:, unit].std():.3g}, x̂ {layer.x_hat[:, unit].mean():.2f} and "
        f"{layer.x_hat[:, unit].std():.3g}, y {layer.y[:, unit].mean():.3g} and "
        f"{layer.y[:, unit].std():.3g}."
        for unit in range(layer.x.shape[1])
    ]
    return "Values of each unit before and after batch norm, on one axis. " + " ".join(parts)
