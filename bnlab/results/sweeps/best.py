"""Where a sweep is best, and whether the best may lie outside of its axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bnlab.results.sweeps.axes import End
from bnlab.results.sweeps.curves import best_cell, edge_of
from bnlab.results.sweeps.maps import heatmap, place_of
from bnlab.results.sweeps.metrics import MetricName
from bnlab.results.sweeps.table import Table
from bnlab.spec.experiment import Experiment


@dataclass(frozen=True)
class Best:
    """The best place of one variant, by the mean over its seeds."""

    variant: str
    place: tuple[int, ...]  # on each axis, counted from 0
    value: float
    edges: Mapping[str, End]  # the axes, by path, of which it lies at an end; see `edge_of`


def best_places(
    experiment: Experiment, table: Table, metric: MetricName, *, at: int | None = None
) -> tuple[Best, ...]:
    """The best place of each variant of which one is known, among those where no seed diverged.

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
