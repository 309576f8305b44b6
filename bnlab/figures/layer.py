"""One batch norm layer as a figure: the values of each unit before and after, on one axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnlab.figures.axes import frame_of
from bnlab.figures.theme import BLUE, GREY, ORANGE, on_dark
from bnlab.layer_by_hand import Forward

_ROW_PX = 30
_STAGES = (  # what is drawn of each unit, from the top: attribute, name, colour, marker
    ("x", "x", GREY, "circle-open"),
    ("x_hat", "x̂", BLUE, "diamond-open"),
    ("y", "y", ORANGE, "square-open"),
)
_MEANINGS = (
    ("x", "Before: the values of the minibatch, one mark for each example."),
    ("x̂", "Normalized: mean 0, and a spread of 1."),
    ("y", "After gamma and beta: mean beta, and a spread of the size of gamma."),
    ("Bar", "From one standard deviation below the mean to one above it; the tick is the mean."),
)


def distributions(layer: Forward) -> dict[str, Any]:
    """The values of every unit before and after batch norm, as marks on one common axis.

    Args:
        layer: a forward of a minibatch (N, F).
    """
    units = layer.x.shape[1]
    names = [f"{name} · unit {unit + 1}" for unit in range(units) for _, name, *_ in _STAGES]
    places = {name: len(names) - i for i, name in enumerate(names)}  # from the top down
    traces, rows = [], []
    for attribute, stage, colour, marker in _STAGES:
        table: NDArray[np.float64] = getattr(layer, attribute)
        colours = {"light": colour, "dark": on_dark(colour)}
        for unit in range(units):
            name = f"{stage} · unit {unit + 1}"
            values = table[:, unit]
            traces += _marks(values, place=places[name], colours=colours, marker=marker, name=name)
            rows.append((places[name], _row(name, values)))
    return {
        "title": "The values of each unit, on one axis",
        "alt": _alt(layer),
        "help": _MEANINGS,
        "traces": traces,
        "layout": _layout(places),
        "table": {
            "head": ["", "mean", "standard deviation", "smallest", "largest"],
            "rows": [row for _, row in sorted(rows, key=lambda item: -item[0])],
        },
    }


def _marks(
    values: NDArray[np.float64], *, place: int, colours: dict[str, str], marker: str, name: str
) -> list[dict[str, Any]]:
    drawn = values[np.isfinite(values)]
    if not drawn.size:
        return []
    mean, spread = float(drawn.mean()), float(drawn.std())
    bar = {
        "x": [mean - spread, mean, mean + spread],
        "y": [place - 0.28] * 3,
        "mode": "lines+markers",
        "line": {"color": colours, "width": 3},
        "marker": {"symbol": ["line-ns", "line-ns", "line-ns"], "size": [0, 11, 0],
                   "line": {"width": 2, "color": colours}},
        "hoverinfo": "skip",
    }  # fmt: skip
    marks = {
        "x": drawn.tolist(),
        "y": [place] * drawn.size,
        "mode": "markers",
        "marker": {
            "color": colours,
            "symbol": marker,
            "size": 10,
            "opacity": 1 if drawn.size <= 64 else 0.35,
            "line": {"width": 1.8, "color": colours},
        },
        "hovertemplate": name + ": %{x:.4g}<extra></extra>",
    }
    return [bar, marks]


def _layout(places: dict[str, int]) -> dict[str, Any]:
    layout = frame_of(
        xaxis={"title": {"text": "value"}, "zeroline": True, "automargin": True},
        yaxis={
            "tickvals": list(places.values()),
            "ticktext": list(places),
            "range": [0.4, len(places) + 0.6],
            "showgrid": False,
            "fixedrange": True,
        },
        height=70 + _ROW_PX * len(places),
    )
    return layout | {
        "hovermode": "closest",
        "margin": {**layout["margin"], "l": 84},
        "shapes": [
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y,
             "line": {"color": "$muted", "width": 0.5}}
            for y in np.arange(3.5, len(places), 3).tolist()
        ],
    }  # fmt: skip


def _row(name: str, values: NDArray[np.float64]) -> list[str]:
    numbers = (values.mean(), values.std(), values.min(), values.max())
    return [name, *(f"{number:.4g}" for number in numbers)]


def _alt(layer: Forward) -> str:
    """What the picture tells, unit by unit."""
    parts = [
        f"Unit {unit + 1}: x has mean {layer.mean[unit]:.3g} and standard deviation "
        f"{layer.x[:, unit].std():.3g}, x̂ {layer.x_hat[:, unit].mean():.3g} and "
        f"{layer.x_hat[:, unit].std():.3g}, y {layer.y[:, unit].mean():.3g} and "
        f"{layer.y[:, unit].std():.3g}."
        for unit in range(layer.x.shape[1])
    ]
    return "Values of each unit before and after batch norm, on one axis. " + " ".join(parts)
