"""Heatmaps of a sweep: a metric of one variant at every place, over its seeds.

Axis letters: Y rows and X columns of a map, S seeds, C cells, E evaluations. The columns are the
values of the first axis, the rows those of the second; a sweep with one axis has one row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bnlab.results.curves import last_known
from bnlab.results.frames import DIVERGED, Array
from bnlab.results.sweeps.cells import shape_of
from bnlab.results.sweeps.metrics import METRICS, Kind, MetricName
from bnlab.results.sweeps.table import UNBUILT, EndQuantity, SweepQuantity, Table
from bnlab.spec.experiment import Experiment


@dataclass(frozen=True)
class Heatmap:
    """One metric of one variant at every place (Y, X), over the seeds.

    Seeds that have diverged are left out of values, low and high, and counted in diverged; only
    for steps to the target they are kept, as seeds that do not reach it.
    """

    values: Array  # float64: the mean; for ratios the geometric mean; for steps the median seed
    low: Array  # float64: of the lowest seed
    high: Array  # float64: of the highest seed
    diverged: Array  # float64: share of the seeds
    unbuilt: Array  # bool: such a network cannot be built
    waiting: Array  # bool: nothing has been measured for any seed yet


def heatmap(
    experiment: Experiment,
    table: Table,
    metric: MetricName,
    variant: str,
    *,
    at: int | None = None,
) -> Heatmap:
    """A metric of one variant at every place.

    Steps to the target are those of the median seed, the lower of the middle two, and inf where
    it has not reached it (yet).

    Args:
        experiment: a sweep with one or two axes.
        table: its numbers so far.
        metric: one of `METRICS`.
        variant: one of the experiment's.
        at: index of an evaluation: what was known then; None: the newest of each cell. Ignored
            for metrics that are only known at the end.
    """
    at = at if METRICS[metric].has_time else None
    values = seed_values(experiment, table, metric, variant, at=at)
    has_diverged = diverged(experiment, table, variant, at=at)
    unbuilt = (_of_variant(experiment, table.status, variant) == UNBUILT).all(-1)
    low, high = _extremes(values)
    return Heatmap(
        values=_middle(values, METRICS[metric].kind),
        low=low,
        high=high,
        diverged=has_diverged.mean(-1),
        unbuilt=unbuilt,
        waiting=~_is_measured(experiment, table, metric, variant, at=at) & ~unbuilt,
    )


def seed_values(
    experiment: Experiment,
    table: Table,
    metric: MetricName,
    variant: str,
    *,
    at: int | None = None,
) -> Array:
    """The metric of each network of a variant (Y, X, S) float64; arguments as of `heatmap`.

    NaN: not known yet, unbuilt, or diverged (no number says how good that is). Steps to the
    target are inf where it was not reached (yet); the share diverged is 0 or 1.
    """
    at = at if METRICS[metric].has_time else None
    last = None if at is None else at + 1
    known = _ever(table.values["validation_accuracy"], at)
    gone = _diverged_cells(table, at)
    if metric == "diverged_share":
        cells = np.where(known | gone, gone.astype(np.float64), np.nan)
    elif metric == "steps_to_target":
        step = np.inf if at is None else float(table.eval_steps[at])
        target = table.target_steps.astype(np.float64)
        cells = np.where(known | gone, np.where(target <= step, target, np.inf), np.nan)
    else:
        cells = np.where(gone, np.nan, _newest(table, metric, last))
    return _of_variant(experiment, cells, variant)


def diverged(experiment: Experiment, table: Table, variant: str, *, at: int | None = None) -> Array:
    """Which networks of a variant have diverged (Y, X, S) bool; arguments as of `heatmap`."""
    return _of_variant(experiment, _diverged_cells(table, at), variant)


def place_of(experiment: Experiment, row: int, column: int) -> tuple[int, ...]:
    """The place on the axes (`Cell.place`) that a map shows in a row and a column."""
    return (column,) if len(experiment.axes) == 1 else (column, row)


def _is_measured(
    experiment: Experiment, table: Table, metric: MetricName, variant: str, *, at: int | None
) -> Array:
    """(Y, X) bool: whether the metric was measured for some seed, or some seed diverged."""
    match metric:
        case "exact_accuracy" | "test_accuracy" | "test_loss":
            is_there = np.isfinite(table.at_end[metric])
        case "gradient_ratio" | "train_loss":  # not before the first step
            is_there = _ever(table.values["train_loss"], at)
        case _:
            is_there = _ever(table.values["validation_accuracy"], at)
    seen = _of_variant(experiment, is_there | _diverged_cells(table, at), variant)
    return np.asarray(seen.any(-1))


def _newest(table: Table, metric: SweepQuantity | EndQuantity, last: int | None) -> Array:
    """(C,) float64: the newest number of each cell before an evaluation."""
    match metric:
        case "exact_accuracy" | "test_accuracy" | "test_loss":
            return table.at_end[metric].astype(np.float64)
        case _:
            return last_known(table.values[metric][:, :last])


def _ever(values: Array, at: int | None) -> Array:
    """(C,) bool: whether a number was measured up to an evaluation."""
    return np.asarray(np.isfinite(values[:, : None if at is None else at + 1]).any(1))


def _diverged_cells(table: Table, at: int | None) -> Array:
    """(C,) bool. A cell diverged after its last finite training loss."""
    is_gone = table.status == DIVERGED
    if at is None:
        return is_gone
    is_finite = np.isfinite(table.values["train_loss"])
    last_finite = (is_finite * np.arange(is_finite.shape[1])).max(1, initial=0)
    return np.asarray(is_gone & (at > last_finite))


def _of_variant(experiment: Experiment, cells: Array, variant: str) -> Array:
    """(C,) -> (Y, X, S): the second axis downwards, the first to the right."""
    own = cells.reshape(shape_of(experiment))[list(experiment.variants).index(variant)]
    return own[None] if own.ndim == 2 else own.swapaxes(0, 1)


def _middle(values: Array, kind: Kind) -> Array:
    """(Y, X, S) -> (Y, X), ignoring NaN; NaN where there is nothing else."""
    if kind == "steps":
        known = (~np.isnan(values)).sum(-1)
        place = np.maximum(known - 1, 0) // 2
        return np.take_along_axis(np.sort(values, -1), place[..., None], -1)[..., 0]
    if kind == "ratio":
        with np.errstate(divide="ignore"):
            return np.exp(_mean(np.log(values)))
    return _mean(values)


def _mean(values: Array) -> Array:
    count = (~np.isnan(values)).sum(-1)
    with np.errstate(invalid="ignore"):
        total = np.where(np.isnan(values), 0.0, values).sum(-1)
        return np.asarray(np.where(count, total / np.maximum(count, 1), np.nan))


def _extremes(values: Array) -> tuple[Array, Array]:
    is_known = ~np.isnan(values)
    low = np.min(values, -1, where=is_known, initial=np.inf)
    high = np.max(values, -1, where=is_known, initial=-np.inf)
    nothing = ~is_known.any(-1)
    return np.where(nothing, np.nan, low), np.where(nothing, np.nan, high)
