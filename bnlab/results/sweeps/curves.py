"""Sweeps with one axis as curves: a line a variant, its best value, and whether that is an edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bnlab.results.frames import Array
from bnlab.results.sweeps.axes import End, axis_field
from bnlab.results.sweeps.maps import heatmap
from bnlab.results.sweeps.metrics import METRICS, MetricName
from bnlab.results.sweeps.table import Table
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar, refusal


@dataclass(frozen=True)
class Curve:
    """One metric of one variant over the values of the axis (X,); see `Heatmap`."""

    variant: str
    values: Array  # float64
    low: Array  # float64: of the lowest seed
    high: Array  # float64: of the highest seed
    diverged: Array  # float64: share of the seeds
    unbuilt: Array  # bool
    best: int | None  # place of the best value; None: the metric does not choose, or none is known
    edge: End | None  # the best value lies there, and the field may go further

    @property
    def is_on_edge(self) -> bool:
        """Whether the best value may lie outside of the axis."""
        return self.edge is not None


def curves(
    experiment: Experiment, table: Table, metric: MetricName, *, at: int | None = None
) -> tuple[Curve, ...]:
    """A curve for each variant.

    The best value is that of the best mean over the seeds, among those at which no seed has
    diverged; of equally good ones the one nearest to the middle. Only what is measured on the
    validation part chooses.

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
        usable = np.where(one.diverged[0] == 0, one.values[0], np.nan)
        best = best_place(usable, metric)
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


def best_place(values: Array, metric: MetricName) -> int | None:
    """Where the best of the values (X,) is; None if none is known or the metric chooses none."""
    cell = best_cell(values[None], metric)
    return None if cell is None else cell[1]


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
