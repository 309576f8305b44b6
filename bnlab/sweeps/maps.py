"""Heatmaps of a sweep: a metric of one variant at every place, over its seeds.

Axis letters: Y rows and X columns of a map, S seeds, C cells, E evaluations. The columns are the
values of the first axis, the rows those of the second; of a sweep with one axis there is one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bnlab.experiment import Experiment
from bnlab.frames import DIVERGED, Array
from bnlab.measures import last_known
from bnlab.spec import DataSpec, parse
from bnlab.sweeps.cells import shape_of
from bnlab.sweeps.table import UNBUILT, Table

MetricName = Literal[
    "validation_accuracy",
    "validation_loss",
    "steps_to_target",
    "diverged_share",
    "gradient_ratio",
    "train_loss",
    "exact_accuracy",
]
Kind = Literal["share", "steps", "loss", "ratio"]


@dataclass(frozen=True)
class Metric:
    """What one number a cell is, in words, and how it is shown."""

    name: MetricName
    title: str
    words: str  # one sentence
    kind: Kind
    is_better: Literal["high", "low"] | None  # None: neither by itself
    can_choose: bool = False  # whether the best value of an axis may be chosen by it
    has_time: bool = True  # whether it is known before the end

    @property
    def is_log(self) -> bool:
        """Whether it is drawn by factors: losses and ratios."""
        return self.kind in {"loss", "ratio"}

    def range(self, experiment: Experiment) -> tuple[float, float]:
        """The ends of its colour scale, fixed before the sweep starts; beyond them colours stay.

        Losses go from 1/100 of what guessing costs, ln K of K classes, to ten times that.
        """
        if self.kind == "share":
            return 0.0, 1.0
        if self.kind == "steps":
            return 0.0, float(max(_steps(experiment)))
        if self.kind == "ratio":
            return 1e-3, 1e3
        guessing = float(np.log(_most_classes(experiment)))
        return guessing / 100, guessing * 10


METRICS: dict[MetricName, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "validation_accuracy",
            "Validation accuracy",
            "Share of right answers on the validation part, in eval mode.",
            "share",
            "high",
            can_choose=True,
        ),
        Metric(
            "validation_loss",
            "Validation loss",
            "Cross-entropy on the validation part, in eval mode.",
            "loss",
            "low",
            can_choose=True,
        ),
        Metric(
            "steps_to_target",
            "Steps to the target",
            "Steps to the first evaluation at which the validation accuracy is the target or more; "
            "never: not so far.",
            "steps",
            "low",
            can_choose=True,
        ),
        Metric(
            "diverged_share",
            "Share diverged",
            "Share of the seeds whose loss has left all numbers.",
            "share",
            "low",
        ),
        Metric(
            "gradient_ratio",
            "Gradient, first to last layer",
            "Norm of the loss's gradient by the weights of the first layer, over that of the "
            "output layer: below 1 gradients vanish on their way back, above 1 they grow.",
            "ratio",
            None,
        ),
        Metric(
            "train_loss",
            "Training loss",
            "Mean loss of the minibatches since the evaluation before.",
            "loss",
            "low",
        ),
        Metric(
            "exact_accuracy",
            "Accuracy with exact statistics",
            "Validation accuracy at the end, with batch norm's statistics over the whole training "
            "part in place of the running ones.",
            "share",
            "high",
            can_choose=True,
            has_time=False,
        ),
    )
}


@dataclass(frozen=True)
class Heatmap:
    """One metric of one variant at every place (Y, X), over the seeds.

    Seeds that have diverged are left out of values, low and high, and counted in diverged;
    only in steps to the target they stay, as seeds that do not get there.
    """

    values: Array  # float64: the mean; of ratios the geometric mean; of steps the median seed
    low: Array  # float64: of the lowest seed
    high: Array  # float64: of the highest seed
    diverged: Array  # float64: share of the seeds
    unbuilt: Array  # bool: such a network cannot be
    waiting: Array  # bool: nothing has been measured of any seed yet


def heatmap(
    experiment: Experiment,
    table: Table,
    metric: MetricName,
    variant: str,
    *,
    at: int | None = None,
) -> Heatmap:
    """A metric of one variant at every place.

    Steps to the target are those of the median seed, the lower of two middle ones, and inf where
    it does not get there (yet).

    Args:
        experiment: a sweep with one or two axes.
        table: its numbers so far.
        metric: one of `METRICS`.
        variant: one of the experiment's.
        at: index of an evaluation: what was known then; None: the newest of each cell. A metric
            that is only known at the end takes no notice.
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

    NaN: nothing known yet, unbuilt, or diverged (there is no number that says how good that is).
    Steps to the target are inf where it was not reached (yet), the share diverged is 0 or 1.
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
        numbers = (
            table.exact_accuracy.astype(np.float64)
            if metric == "exact_accuracy"
            else last_known(table.values[metric][:, :last])
        )
        cells = np.where(gone, np.nan, numbers)
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
    """(Y, X) bool: whether there is a seed of which the metric was measured, or that diverged."""
    if metric == "exact_accuracy":
        is_there = np.isfinite(table.exact_accuracy)
    elif metric in {"gradient_ratio", "train_loss"}:  # not before the first step
        is_there = _ever(table.values["train_loss"], at)
    else:
        is_there = _ever(table.values["validation_accuracy"], at)
    seen = _of_variant(experiment, is_there | _diverged_cells(table, at), variant)
    return np.asarray(seen.any(-1))


def _ever(values: Array, at: int | None) -> Array:
    """(C,) bool: whether a number was measured up to an evaluation."""
    return np.asarray(np.isfinite(values[:, : None if at is None else at + 1]).any(1))


def _diverged_cells(table: Table, at: int | None) -> Array:
    """(C,) bool. When it was: after the last finite training loss."""
    is_gone = table.status == DIVERGED
    if at is None:
        return is_gone
    is_finite = np.isfinite(table.values["train_loss"])
    last_finite = (is_finite * np.arange(is_finite.shape[1])).max(1, initial=0)
    return np.asarray(is_gone & (at > last_finite))


def _of_variant(experiment: Experiment, cells: Array, variant: str) -> Array:
    """(C,) -> (Y, X, S): the second axis down, the first to the right."""
    own = cells.reshape(shape_of(experiment))[list(experiment.variants).index(variant)]
    return own[None] if own.ndim == 2 else own.swapaxes(0, 1)


def _middle(values: Array, kind: Kind) -> Array:
    """(Y, X, S) -> (Y, X), without those that are NaN; NaN where there is none."""
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


def _most_classes(experiment: Experiment) -> int:
    facts = [spec.data.facts for spec in experiment.specs().values()]
    for name in experiment.axes.get("data.name", ()):
        facts.append(parse(DataSpec, {"name": name}).facts)
    return max(data.classes for data in facts)


def _steps(experiment: Experiment) -> list[int]:
    on_axis = experiment.axes.get("steps")
    if on_axis is not None:
        return [int(value) for value in on_axis]
    return [spec.steps for spec in experiment.specs().values()]
