"""Sweeps with one axis as curves: one per variant, with its best value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bnlab.results.frames import Array
from bnlab.results.sweeps.axes import End
from bnlab.results.sweeps.best import best_cell, edge_of
from bnlab.results.sweeps.maps import heatmap
from bnlab.results.sweeps.metrics import MetricName
from bnlab.results.sweeps.table import Table
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import refusal


@dataclass(frozen=True)
class Curve:
    """One metric of one variant over the values of the axis (X,); see `Heatmap`."""

    variant: str
    values: Array  # float64
    low: Array  # float64: of the lowest seed
    high: Array  # float64: of the highest seed
    diverged: Array  # float64: share of the seeds
    unbuilt: Array  # bool
    best: int | None  # place of the best value; None: unknown, or the metric may not choose
    edge: End | None  # the best value is there, and the field may go further


def curves(
    experiment: Experiment, table: Table, metric: MetricName, *, at: int | None = None
) -> tuple[Curve, ...]:
    """A curve for each variant.

    The best value has the best mean over the seeds, among those where no seed has diverged; of
    equally good ones it is the one closest to the middle. Only measurements on the validation
    part may choose.

    Args:
        experiment: a sweep with one axis.
        table: its numbers so far.
        metric: one of `METRICS`.
        at: index of an evaluation; None: the newest of each cell.

    Raises:
        ValueError: more than one axis, or none.
    """
    if len(experiment.axes) != 1:
        raise refusal("axes", len(experiment.axes), "one")
    [(path, axis)] = experiment.axes.items()
    found = []
    for variant in experiment.variants:
        one = heatmap(experiment, table, metric, variant, at=at)
        cell = best_cell(np.where(one.diverged == 0, one.values, np.nan), metric)
        best = None if cell is None else cell[1]
        found.append(
            Curve(
                variant=variant,
                values=one.values[0],
                low=one.low[0],
                high=one.high[0],
                diverged=one.diverged[0],
                unbuilt=one.unbuilt[0],
                best=best,
                edge=None if best is None else edge_of(path, axis, best),
            )
        )
    return tuple(found)
