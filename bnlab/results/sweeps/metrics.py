"""What a sweep can show for each network: one number per metric, in words, and its colour scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bnlab.spec.experiment import Experiment
from bnlab.spec.member import DataSpec, parse

MetricName = Literal[
    "validation_accuracy",
    "validation_loss",
    "steps_to_target",
    "diverged_share",
    "gradient_ratio",
    "train_loss",
    "exact_accuracy",
    "test_accuracy",
    "test_loss",
]
Kind = Literal["share", "steps", "loss", "ratio"]


@dataclass(frozen=True)
class Metric:
    """One number per cell: what it is, in words, and how it is shown."""

    name: MetricName
    title: str
    words: str  # one sentence
    kind: Kind
    is_better: Literal["high", "low"] | None  # None: neither
    can_choose: bool = False  # whether it may choose the best value of an axis
    has_time: bool = True  # whether it is known before the end

    @property
    def is_log(self) -> bool:
        """Whether it is drawn on a log scale: losses and ratios."""
        return self.kind in {"loss", "ratio"}

    def range(self, experiment: Experiment) -> tuple[float, float]:
        """The ends of its colour scale, fixed before the sweep starts; values beyond are clipped.

        Losses go from 1/100 of the loss of guessing, ln K for K classes, to ten times that.
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
            "Share of correct answers on the validation part, in eval mode.",
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
            "Steps to the first evaluation with a validation accuracy at or above the target; "
            "never: not so far.",
            "steps",
            "low",
            can_choose=True,
        ),
        Metric(
            "diverged_share",
            "Share diverged",
            "Share of the seeds whose loss has become infinite or NaN.",
            "share",
            "low",
        ),
        Metric(
            "gradient_ratio",
            "Gradient, first to last layer",
            "Norm of the loss's gradient by the weights of the first layer, divided by that of the "
            "output layer: below 1 gradients shrink in the backward pass, above 1 they grow.",
            "ratio",
            None,
        ),
        Metric(
            "train_loss",
            "Training loss",
            "Mean loss of the minibatches since the previous evaluation.",
            "loss",
            "low",
        ),
        Metric(
            "exact_accuracy",
            "Accuracy with exact statistics",
            "Validation accuracy at the end, with batch norm's statistics over the whole training "
            "part instead of the running ones.",
            "share",
            "high",
            can_choose=True,
            has_time=False,
        ),
        Metric(
            "test_accuracy",
            "Test accuracy",
            "Final share of correct answers on the test part, in eval mode: these examples were "
            "used to choose nothing, not even the best learning rate.",
            "share",
            "high",
            has_time=False,
        ),
        Metric(
            "test_loss",
            "Test loss",
            "Final cross-entropy on the test part, in eval mode.",
            "loss",
            "low",
            has_time=False,
        ),
    )
}


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
