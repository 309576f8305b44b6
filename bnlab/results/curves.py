"""The curves of a run, measures of them, and conditions on these: pure functions of arrays.

A `Condition` is a statement about networks as plain data ("the final validation accuracy of `none`
is below 0.3"). Presets use them to say what happens, questions to say when an answer is true.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from bnlab.results.frames import Array
from bnlab.spec.experiment import Experiment

Measure = Literal["final_accuracy", "best_accuracy", "steps_to_target"]


@dataclass(frozen=True)
class Curves:
    """The complete curves of a run so far."""

    loss_steps: Array  # (T,)
    train_loss: Array  # (M, T)
    eval_steps: Array  # (E,)
    validation_loss: Array  # (M, E)
    validation_accuracy: Array  # (M, E)
    exact_accuracy: Array  # (M, E)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Curves:
        """The curves among named arrays, such as those of the run log."""
        return cls(**{name: arrays[name] for name in CURVES})

    def of(self, members: slice) -> Curves:
        """The curves of some members."""
        return replace(
            self, **{name: getattr(self, name)[members] for name in CURVES if "steps" not in name}
        )

    def until(self, step: int) -> Curves:
        """The curves as they were at an earlier step."""
        losses = int(np.searchsorted(self.loss_steps, step, side="right"))
        evaluations = int(np.searchsorted(self.eval_steps, step, side="right"))
        return Curves(
            loss_steps=self.loss_steps[:losses],
            train_loss=self.train_loss[:, :losses],
            eval_steps=self.eval_steps[:evaluations],
            validation_loss=self.validation_loss[:, :evaluations],
            validation_accuracy=self.validation_accuracy[:, :evaluations],
            exact_accuracy=self.exact_accuracy[:, :evaluations],
        )


CURVES = tuple(Curves.__dataclass_fields__)


def members_of(experiment: Experiment) -> dict[str, slice]:
    """The members of each variant, in the order of `Experiment.members`, without building specs."""
    each = experiment.seeds * math.prod(len(values) for values in experiment.axes.values())
    return {
        name: slice(index * each, (index + 1) * each)
        for index, name in enumerate(experiment.variants)
    }


def steps_to(curves: Curves, target: float) -> Array:
    """The step of each member's first evaluation at or above the target (M,); inf for never."""
    is_there = curves.validation_accuracy >= target
    steps = np.broadcast_to(curves.eval_steps, is_there.shape).astype(np.float64)
    return np.min(steps, axis=1, where=is_there, initial=math.inf)


def last_known(values: Array) -> Array:
    """The last measured value of each row (M,) float64; NaN if there is none."""
    if not values.shape[1]:
        return np.full(len(values), np.nan)
    is_known = ~np.isnan(values[:, ::-1])
    column = values.shape[1] - 1 - np.argmax(is_known, axis=1)
    return np.take_along_axis(values, column[:, None], axis=1)[:, 0].astype(np.float64)


def _final_accuracy(curves: Curves, target: float) -> Array:
    return last_known(curves.validation_accuracy)


def _best_accuracy(curves: Curves, target: float) -> Array:
    return np.max(np.nan_to_num(curves.validation_accuracy, nan=0.0), axis=1, initial=0.0)


_MEASURES: dict[Measure, Callable[[Curves, float], Array]] = {
    "final_accuracy": _final_accuracy,
    "best_accuracy": _best_accuracy,
    "steps_to_target": steps_to,
}


def measure(name: Measure, curves: Curves, *, target: float) -> Array:
    """One number per member (M,) float64: accuracies in 0..1, steps in updates (inf for never)."""
    return _MEASURES[name](curves, target)


@dataclass(frozen=True)
class Condition:
    """A measure of one variant lies between two bounds (both exclusive).

    With `over` it is about the ratio to the same measure of that variant, seed by seed; with
    `minus` about the difference. For a ratio of two nevers the condition does not hold.
    """

    variant: str
    measure: Measure
    above: float = -math.inf
    below: float = math.inf
    over: str | None = None
    minus: str | None = None

    def values(self, experiment: Experiment, curves: Curves) -> Array:
        """The number that the condition is about, for each seed of the variant (S,)."""
        of = members_of(experiment)
        all_members = measure(self.measure, curves, target=experiment.target)
        values = all_members[of[self.variant]]
        with np.errstate(invalid="ignore", divide="ignore"):
            if self.over is not None:
                values = values / all_members[of[self.over]]
            if self.minus is not None:
                values = values - all_members[of[self.minus]]
        return values

    def holds(self, values: Array) -> Array:
        """Whether each value lies between the bounds; an absent bound always holds."""
        is_above = (values > self.above) | ((self.above == -math.inf) & ~np.isnan(values))
        is_below = (values < self.below) | ((self.below == math.inf) & ~np.isnan(values))
        return is_above & is_below

    @property
    def variants(self) -> set[str]:
        """The names of the variants that this condition is about."""
        return {name for name in (self.variant, self.over, self.minus) if name is not None}


Statement = tuple[Condition, ...]


def holds(statement: Statement, experiment: Experiment, curves: Curves) -> Array:
    """Whether all conditions hold, for each seed (S,) bool; variants are paired by seed."""
    truths = [c.holds(c.values(experiment, curves)) for c in statement]
    everywhere = np.ones(experiment.seeds, dtype=bool)
    return np.all([everywhere, *truths], axis=0)


def holds_in_the_median(statement: Statement, experiment: Experiment, curves: Curves) -> bool:
    """Whether all conditions hold for the median over seeds; KeyError for an unknown variant.

    It is the median of the numbers, not a majority of seeds, which may not exist with two or four
    of them. It is an observed value, the lower of the middle two; NaN counts as the largest.
    """
    values = [np.sort(condition.values(experiment, curves)) for condition in statement]
    middles = [np.asarray(found[(len(found) - 1) // 2]) for found in values]
    return all(bool(c.holds(middle)) for c, middle in zip(statement, middles, strict=True))
