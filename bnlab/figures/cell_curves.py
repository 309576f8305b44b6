"""One cell of a sweep over its steps: what the maps show of it in one colour, as curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from bnlab.figures.axes import axis, step_axis
from bnlab.figures.marks import SHARE, Figure, layout, scatter
from bnlab.figures.theme import variant_colours
from bnlab.results.frames import DIVERGED, Array
from bnlab.results.sweeps.cells import Cell, shape_of
from bnlab.results.sweeps.table import SweepQuantity, Table
from bnlab.spec.experiment import Experiment


class _Shown(NamedTuple):
    quantity: SweepQuantity
    title: str
    axis: dict[str, Any]


_LOG = {"type": "log", "nticks": 6, "exponentformat": "power"}
_NAMES_A_ROW = 2  # of the legend, where three figures stand side by side
_FIGURES = (
    _Shown("validation_accuracy", "Validation accuracy", axis("accuracy", **SHARE)),
    _Shown("train_loss", "Training loss", axis("loss", **_LOG)),
    _Shown("gradient_ratio", "Gradient ratio", axis("first layer / last", **_LOG)),
)


def cell_figures(experiment: Experiment, table: Table, cell: Cell) -> tuple[Figure, ...]:
    """The curves of a cell, and beside them those of the other variants at the same place.

    Args:
        experiment: a sweep.
        table: its numbers so far.
        cell: the one that was picked; its line is the wide one.
    """
    rows = _rows(experiment, cell)
    return tuple(_figure(experiment, table, cell, rows, shown) for shown in _FIGURES)


def _rows(experiment: Experiment, cell: Cell) -> dict[str, int]:
    """The row of the table of each variant at the place and seed of a cell."""
    shape = shape_of(experiment)
    return {
        name: int(np.ravel_multi_index((index, *cell.place, cell.seed_index), shape))
        for index, name in enumerate(experiment.variants)
    }


def _figure(
    experiment: Experiment, table: Table, cell: Cell, rows: dict[str, int], shown: _Shown
) -> Figure:
    steps = table.eval_steps
    curves = {name: table.values[shown.quantity][row] for name, row in rows.items()}
    colours = variant_colours(tuple(experiment.variants))
    traces = [
        _line(name, steps, values, colours[name], is_wide=name == cell.variant)
        for name, values in curves.items()
    ]
    last = int(steps[-1]) if steps.size else 0
    steps_axis = step_axis(experiment) | {"range": [0, 1.02 * max(last, 1)]}
    said = [_said(name, curves[name], table.status[rows[name]]) for name in curves]
    return {
        "title": shown.title,
        "alt": f"{shown.title} over the steps of training, one line per variant. {' '.join(said)}",
        "traces": traces,
        "layout": layout(steps_axis, shown.axis, legend_rows=-(-len(rows) // _NAMES_A_ROW)),
        "table": {
            "head": ["step", *curves],
            "rows": [
                [str(int(step)), *(_text(values[place]) for values in curves.values())]
                for place, step in enumerate(steps)
            ],
        },
    }


def _line(
    name: str, steps: Array, values: Array, colour: dict[str, str], *, is_wide: bool
) -> Figure:
    return scatter(
        "lines+markers",
        steps,
        values,
        hover=f"{name}: %{{y:.4g}}",
        name=name,
        line={"color": colour, "width": 3.5 if is_wide else 1.5},
        marker={"size": 6 if is_wide else 3},
    )


def _said(name: str, values: Sequence[float] | Array, status: int) -> str:
    known = np.asarray(values)[np.isfinite(values)]
    end = f"{_text(known[-1])} at the last" if known.size else "nothing measured yet"
    return f"{name}: {end}{', diverged' if status == DIVERGED else ''}."


def _text(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else "–"
