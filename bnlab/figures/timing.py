"""Measured times of two ways of doing the same, a dot a repetition."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bnlab.figures.axes import axis
from bnlab.figures.marks import Figure, dots, layout, scatter
from bnlab.figures.theme import BLUE, GREEN
from bnlab.results.frames import Array

_HEIGHT = 0.25  # how far dots of a row lie apart, so that they do not hide each other
_SHOWN = 0.95  # of all dots; one slow repetition must not squeeze the others


def times(seconds: Mapping[str, Array]) -> Figure:
    """Seconds (R,) of each of two ways, by name; measured in turn."""
    microseconds = {name: 1e6 * values for name, values in seconds.items()}
    traces = [
        trace
        for row, (name, values) in enumerate(microseconds.items())
        for trace in _row(name, values, row)
    ]
    most = 1.15 * float(np.quantile(np.concatenate(list(microseconds.values())), _SHOWN))
    xaxis = axis("microseconds a batch", 0, most)
    names = [f"{name} " for name in microseconds]
    yaxis = axis("", 1.6, -0.6, tickvals=[0, 1], showgrid=False, ticktext=names, zeroline=False)
    made = layout(xaxis, yaxis, height=190)
    spoken = [f"{name}: median {np.median(v):.3g} microseconds" for name, v in microseconds.items()]
    return {
        "title": "Measured time of one batch",
        "alt": f"Time of one batch in eval mode. {'; '.join(spoken)}.",
        "traces": traces,
        "layout": made | {"margin": made["margin"] | {"l": 112}, "hovermode": "closest"},
        "table": {
            "head": ["microseconds", "fastest", "median", "slowest"],
            "rows": [
                [name, *(f"{value:.3g}" for value in (v.min(), np.median(v), v.max()))]
                for name, v in microseconds.items()
            ],
        },
        "help": [
            ["Dot", "One repetition. The two networks take turns, so that both meet the same "
             "machine."],
            ["Thick line", "The median."],
        ],
    }  # fmt: skip


def _row(name: str, values: Array, row: int) -> tuple[Figure, Figure]:
    beside = row + _HEIGHT * np.sin(2.4 * np.arange(len(values)))
    colour = (BLUE, GREEN)[row]
    middle = float(np.median(values))
    median = scatter(
        "lines",
        [middle, middle],
        [row - 0.4, row + 0.4],
        hover=f"median {middle:.3g} µs",
        line={"color": "$text", "width": 3},
    )
    words = f"{name}: %{{x:.3g}} µs"
    return dots(values, beside, name=name, colour=colour, words=words, size=6, opacity=0.6), median
