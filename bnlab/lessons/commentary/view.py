"""One variant's numbers at one frame, as the remarks use them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bnlab.results.curves import Curves, last_known, members_of, steps_to
from bnlab.results.frames import DIVERGED, Array, Frame
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import MemberSpec
from bnlab.spec.norm_words import NORM_WORDS

WINDOW = 50  # steps of training loss that are considered

_SPOKEN = {words.variant: words.spoken for words in NORM_WORDS.values()}


@dataclass(frozen=True)
class View:
    """One variant's numbers at one frame; per layer and per step, the median of its seeds."""

    name: str
    spec: MemberSpec
    target: float
    step: int
    diverged: Array  # (S,) bool
    first_infinite: float  # step of the first loss that is not finite; inf for none
    reached: Array  # (S,) steps; inf for never
    train_loss: Array  # (T,)
    accuracy: float  # at the last evaluation, 0..1
    exact_accuracy: float
    gradient_norm: Array  # (L,) hidden layers only
    signal: Array | None  # (L,) std of the pre-activations
    saturated: Array  # (L,)
    dead: Array  # (L,)

    @property
    def spoken(self) -> str:
        """The variant's name in a sentence: "batch leads none" would be misunderstood."""
        return _SPOKEN.get(self.name, self.name)

    @property
    def is_gone(self) -> bool:
        """Every network of this variant diverged."""
        return bool(self.diverged.all())

    @property
    def middle_reached(self) -> float:
        """The step at which the median seed reached the target; inf for never."""
        return float(_middle(self.reached))


def views_of(experiment: Experiment, frame: Frame, curves: Curves) -> list[View]:
    specs = experiment.specs()
    reached = steps_to(curves, experiment.target)
    return [
        _view(name, specs[name], experiment.target, frame, curves.of(rows), reached[rows], rows)
        for name, rows in members_of(experiment).items()
    ]


def _view(
    name: str,
    spec: MemberSpec,
    target: float,
    frame: Frame,
    curves: Curves,
    reached: Array,
    rows: slice,
) -> View:
    diverged = frame.status[rows] == DIVERGED
    alive = ~diverged if not diverged.all() else diverged
    depth = spec.network.depth  # frames of deeper rivals are padded

    def of_layers(values: Array) -> Array:
        return _middle(values[rows][alive, :depth])

    pre_activation = frame.layers.get("pre_activation")
    is_infinite = ~np.isfinite(curves.train_loss)
    infinite_at = curves.loss_steps[is_infinite.any(axis=0)]
    return View(
        name=name,
        spec=spec,
        target=target,
        step=frame.step,
        diverged=diverged,
        first_infinite=float(infinite_at[0]) if len(infinite_at) else math.inf,
        reached=reached,
        train_loss=_middle(curves.train_loss[alive, -WINDOW:]),
        accuracy=float(_middle(last_known(curves.validation_accuracy[alive]))),
        exact_accuracy=float(_middle(last_known(curves.exact_accuracy[alive]))),
        gradient_norm=of_layers(frame.gradient_norm),
        signal=None if pre_activation is None else of_layers(pre_activation.std),
        saturated=of_layers(frame.saturated),
        dead=of_layers(frame.dead),
    )


def _middle(values: Array) -> Array:
    """The lower median over the first axis: an observed value; NaN counts as the largest."""
    return np.sort(values.astype(np.float64), axis=0)[(len(values) - 1) // 2]
