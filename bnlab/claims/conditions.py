"""Conditions as claims state them: the usual comparisons, each written once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from bnlab.claims.claim import Condition, Direction, Scale, Statistic
from bnlab.claims.evidence import AtBest, Evidence, Pairs
from bnlab.results.frames import Array
from bnlab.results.sweeps.metrics import MetricName
from bnlab.spec.fields import Scalar

Read = Callable[[Evidence], Pairs]

NORMS: Final = {
    "none": "no norm",
    "batch": "batch norm",
    "layer": "layer norm",
    "group": "group norm",
}
TEST_ACCURACY: Final = (
    "test accuracy, each at the learning rate that is best on the validation part"
)
# Of each scale the unit, and the smallest effect of interest unless a condition has its own.
_RULES: Final[Mapping[Scale, tuple[str, float]]] = {
    "points": ("points", 1.0),
    "factor": ("x", 1.25),
    "octaves": ("octaves", math.log2(1.25)),
}


def norms(*kinds: str) -> dict[str, dict[str, Scalar]]:
    """Variants that differ only in their norm, named by its kind.

    >>> norms("none", "batch")
    {'none': {'norm.kind': 'none'}, 'batch': {'norm.kind': 'batch'}}
    """
    return {kind: {"norm.kind": kind} for kind in kinds}


def condition(
    name: str,
    first: str,
    second: str,
    scale: Scale,
    direction: Direction,
    *,
    metric: str,
    pairs: Read,
    expected: str,
    smallest: float | None = None,
    unit: str = "",
    statistic: Statistic = "mean",
    kind: str = "",
) -> Condition:
    """A condition with the unit and the smallest effect that its scale usually has.

    Args:
        name: without its kind.
        first: what is compared, in a word or two.
        second: with what.
        scale: of the comparison; "number" needs `unit` and `smallest`.
        direction: what the statement says of the first against the second.
        metric: what is compared, in words.
        pairs: reads the two numbers of each seed.
        expected: what is known from elsewhere, or from theory.
        smallest: the smallest effect of interest; None: that of the scale.
        unit: of the effect; empty: that of the scale.
        statistic: what is made of all seeds.
        kind: "control", "check" or "rival", which the name ends with: no part of the headline.
    """
    usual_unit, usual_smallest = _RULES.get(scale, ("", math.nan))
    return Condition(
        name=f"{name} ({kind})" if kind else name,
        first=first,
        second=second,
        metric=metric,
        unit=unit or usual_unit,
        scale=scale,
        smallest=usual_smallest if smallest is None else smallest,
        direction=direction,
        pairs=pairs,
        expected=expected,
        statistic=statistic,
        is_control=bool(kind),
    )


@dataclass(frozen=True)
class Arm:
    """One variant of a trained study, at the learning rate that is best for it."""

    study: str
    variant: str
    words: str
    row: int = 0  # on the study's second axis

    def best(
        self,
        evidence: Evidence,
        metric: MetricName = "test_accuracy",
        chosen_by: MetricName = "validation_accuracy",
    ) -> AtBest:
        """The metric (1, S) where the variant is best, see `Evidence.best`."""
        found = evidence.best(self.study, metric, self.variant, chosen_by=chosen_by)
        return found.at(self.row)


def arms_at_best(
    first: Arm,
    second: Arm,
    metric: MetricName = "test_accuracy",
    chosen_by: MetricName = "validation_accuracy",
) -> Read:
    """Reads the metric of two arms, each at its own best learning rate."""

    def pairs(evidence: Evidence) -> Pairs:
        one, other = (arm.best(evidence, metric, chosen_by) for arm in (first, second))
        notes = one.notes(first.words) + other.notes(second.words)
        return Pairs(one.values[0], other.values[0], notes=notes)

    return pairs


def accuracy_at_best(
    name: str,
    first: Arm,
    second: Arm,
    expected: str,
    *,
    metric: str = TEST_ACCURACY,
    smallest: float | None = None,
    direction: Direction = "more",
    kind: str = "",
) -> Condition:
    """Arm against arm in test accuracy, each at its own best learning rate; see `condition`."""
    return condition(
        name,
        first.words,
        second.words,
        "points",
        direction,
        metric=metric,
        pairs=arms_at_best(first, second),
        expected=expected,
        smallest=smallest,
        kind=kind,
    )


def against(values: Array, number: float) -> Pairs:
    """Measured values (S,) against a number that theory gives."""
    return Pairs(values, np.where(np.isnan(values), np.nan, number))


def count_reached(steps: Array) -> Array:
    """At how many axis values (X, S) each seed reached its target (S,); NaN: not all known yet."""
    return np.where(np.isnan(steps).any(0), np.nan, np.isfinite(steps).sum(0))
