"""Where a sweep is best, and whether the best may lie beyond its axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bnlab.results.frames import Array
from bnlab.results.sweeps.axes import End, axis_field
from bnlab.results.sweeps.maps import heatmap, place_of
from bnlab.results.sweeps.metrics import METRICS, MetricName
from bnlab.results.sweeps.table import Table
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar


@dataclass(frozen=True)
class Best:
    """The best place of one variant, by the mean over its seeds."""

    variant: str
    place: tuple[int, ...]  # on each axis, counted from 0
    value: float
    edges: Mapping[str, End]  # the axes, by path, at whose end it lies; see `edge_of`


def best_places(
    experiment: Experiment, table: Table, metric: MetricName, *, at: int | None = None
) -> tuple[Best, ...]:
    """The best place of each variant among those where no seed diverged, if any is known.

    Args:
        experiment: a sweep with one or two axes.
        table: its numbers so far.
        metric: one of `METRICS`.
        at: index of an evaluation; None: the newest of each cell.
    """
    found = []
    for variant in experiment.variants:
        shown = heatmap(experiment, table, metric, variant, at=at)
        cell = best_cell(np.where(shown.diverged == 0, shown.values, np.nan), metric)
        if cell is None:
            continue
        place = place_of(experiment, *cell)
        ends = {
            path: edge_of(path, values, index)
            for (path, values), index in zip(experiment.axes.items(), place, strict=True)
        }
        edges = {path: end for path, end in ends.items() if end is not None}
        found.append(Best(variant, place, float(shown.values[cell]), edges))
    return tuple(found)


def best_cell(values: Array, metric: MetricName) -> tuple[int, int] | None:
    """Row and column of the best of the values (Y, X); of equal ones the furthest from all edges.

    None if none is known or the metric chooses none.
    """
    rule = METRICS[metric]
    is_known = np.isfinite(values)
    if not rule.can_choose or not is_known.any():
        return None
    best = values[is_known].max() if rule.is_better == "high" else values[is_known].min()
    ties = np.argwhere(values == best)
    middle = (np.array(values.shape) - 1) / 2
    away = np.abs(ties - middle) / np.maximum(middle, 0.5)  # 1: at an edge
    row, column = ties[np.argmin(away.max(-1))].tolist()
    return row, column


def edge_of(path: str, axis: tuple[Scalar, ...], place: int) -> End | None:
    """At which end of a number axis a place lies; None inside, or where the field itself ends.

    >>> edge_of("optimizer.lr", (0.01, 0.1, 1.0), 2)
    'high'
    >>> edge_of("network.dropout", (0.0, 0.3, 0.6), 0)
    """
    field = axis_field(path)
    numbers = [float(value) for value in axis if not isinstance(value, str | bool)]
    if not field.is_number or len(numbers) < len(axis):
        return None
    if numbers[place] == max(numbers) < field.high:
        return "high"
    if numbers[place] == min(numbers) > field.low:
        return "low"
    return None
