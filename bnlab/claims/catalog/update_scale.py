"""Claim 21: normalizing reduces the scale of the parameter updates."""

from __future__ import annotations

from typing import Literal

import numpy as np

from bnlab.claims.claim import Claim, Condition, Dial, Rival, Study
from bnlab.claims.conditions import NORMS, Read, condition, norms
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.claims.papers import BJORCK, EFFICIENT_BACKPROP, IOFFE_SZEGEDY
from bnlab.results.frames import Array
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec

RATES = tuple(2.0**k for k in range(-5, 6))
EQUAL = 0.125  # the rate of the comparison at equal rates: all arms train at it
SAME_LOSS = (0.1, 0.5)  # training losses that all arms pass through

When = Literal["first step", "whole training", "same loss"]
Layers = Literal["hidden", "output"]

_TRAINED = Experiment(
    base=MemberSpec(
        data=DataSpec(name="digits", standardized=False),
        network=NetworkSpec(depth=3, width=64),
        steps=200,
    ),
    variants=norms("none", "batch", "layer"),
    axes={"optimizer.lr": RATES},
    seeds=16,
)


def _ratio(ratio: Array, loss: Array, when: When, *, layers: Layers) -> Array:
    """The geometric mean (S,) over layers and looks of ratios (S, T, L+1) with losses (S, T)."""
    ratio = ratio[..., -1:] if layers == "output" else ratio[..., :-1]
    counts = np.ones_like(loss, bool)
    if when == "first step":
        counts[:, 1:] = False
    elif when == "same loss":
        low, high = SAME_LOSS
        counts = (loss >= low) & (loss <= high)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(ratio).mean(2)
        return np.exp(np.where(counts, logs, 0).sum(1) / counts.sum(1))


def _at_equal_rate(evidence: Evidence, name: str, arm: str) -> Array:
    place = evidence.measured["trained"][0].axes["optimizer.lr"].index(EQUAL)
    return evidence.answers("trained", name, arm)[:, place]


def _equal(when: When, norm: str, expected: str, *, layers: Layers = "hidden") -> Condition:
    def ratio(evidence: Evidence, arm: str) -> Array:
        found, loss = (_at_equal_rate(evidence, name, arm) for name in ("ratio", "loss"))
        return _ratio(found, loss, when, layers=layers)

    def pairs(evidence: Evidence) -> Pairs:
        return Pairs(*(ratio(evidence, arm) for arm in (norm, "none")))

    return _condition(f"Equal rates, {layers} layers, {when}", norm, pairs, expected)


def _best(norm: str, expected: str, *, layers: Layers = "hidden") -> Condition:
    def ratio(evidence: Evidence, arm: str) -> tuple[Array, tuple[str, ...]]:
        found, loss = (evidence.best_measured("trained", name, arm) for name in ("ratio", "loss"))
        values = _ratio(found.values[0], loss.values[0], "whole training", layers=layers)
        return values, found.notes(NORMS[arm])

    def pairs(evidence: Evidence) -> Pairs:
        (first, notes), (second, more) = (ratio(evidence, arm) for arm in (norm, "none"))
        return Pairs(first, second, notes=notes + more)

    return _condition(f"Best rate of each, {layers} layers", norm, pairs, expected)


def _centred(norm: str, expected: str) -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        arms = (_at_equal_rate(evidence, "centred", arm) for arm in (norm, "none"))
        return Pairs(*(left.mean((1, 2)) for left in arms))

    return condition(
        "Gradients on centred inputs",
        NORMS[norm],
        "no norm",
        "factor",
        "more",
        metric="what is left of a hidden layer's gradient when the mean over the minibatch is "
        "subtracted from its inputs",
        pairs=pairs,
        expected=expected,
        kind="check",
    )


def _condition(name: str, norm: str, pairs: Read, expected: str) -> Condition:
    is_control = norm != "batch"
    return condition(
        f"{name}, {NORMS[norm]}" if is_control else name,
        NORMS[norm],
        "no norm",
        "factor",
        "less",
        metric="change of the weights in a step over the size of the weights",
        pairs=pairs,
        expected=expected,
        kind="control" if is_control else "",
    )


CLAIM = Claim(
    number=21,
    name="update_scale",
    title="Scale of the updates",
    statement="Batch norm reduces the scale of the parameter updates, and so allows larger "
    "learning rates.",
    belief=(
        "Normalized layers keep their inputs at one scale, so gradients should stay small and "
        "even, and no step should move the weights far. If steps are small, the learning rate may "
        "be larger."
    ),
    studies={
        "trained": Study(
            "ReLU on raw digits at every learning rate from 2^-5 to 2^5: how far each step moves "
            "the weights of each layer.",
            _TRAINED,
            measurement="update_ratio",
        )
    },
    conditions=(
        _equal("first step", "batch", "Not smaller: raw inputs vary little, and batch norm divides "
               "by their spread."),
        _equal("whole training", "batch", "Smaller, if the statement holds."),
        _equal("same loss", "batch", "Still smaller, if it is not just that more has been learned "
        "already."),
        _best("batch", "Equally large: the larger rate makes up for it."),
        _equal("whole training", "batch", "Smaller in the output layer, too.", layers="output"),
        _best("batch", "Smaller, if the statement holds.",
              layers="output"),
        _centred("batch", "1 with batch norm, where gradients sum to 0; less without."),
        _equal("first step", "layer", "As with batch norm: layer norm also divides."),
        _equal("whole training", "layer", "Not smaller: the sum over the minibatch is not 0."),
        _equal("same loss", "layer", "Not smaller."),
        _best("layer", "As large as without a norm."),
    ),
    meaning={
        "supported": "With batch norm each step moves the weights by a smaller fraction of their "
        "size.",
        "depends": "At equal learning rates each step moves the weights about half as far with "
        "batch norm, but not the first step; at the larger rate that suits batch norm, "
        "hidden layers move as far as without it.",
    },
    explanation=(
        "The gradient of a layer is a sum over the minibatch: its input times the gradient of its "
        "output. Inputs that come from ReLU are never negative, and neither are raw pixels. So "
        "all examples have a large part in common, and a step mostly moves all outputs of a unit "
        "together, up or down. Batch norm subtracts the mean over the minibatch, which undoes "
        "exactly that, so the gradient has no such part: for each unit the gradients of all "
        "examples sum to 0. Without batch norm a bit less than half of the gradient is left once "
        "that part is removed, as the check shows, and the steps are shorter by about half. Layer "
        "norm also subtracts a mean, but that of each single example: its steps are about as long "
        "as without a norm.\n\n"
        "In the first step batch norm moves the weights somewhat more: raw inputs vary little, "
        "and dividing by a small spread multiplies the gradient.\n\n"
        "Smaller steps leave room to raise the learning rate. At its own best rate each network "
        "moves its hidden weights by about the same fraction of their size, roughly a hundredth "
        "per step: useful steps are of similar size, and the learning rate is the means to get "
        "there."
    ),
    rivals=(
        Rival(
            "It has learned more already",
            "Gradients shrink as the loss does, and batch norm is ahead. But the steps are also "
            "smaller when only steps at the same training loss are compared.",
        ),
        Rival(
            "The weights are longer",
            "Then the same step would be a smaller fraction. But the weights of hidden layers "
            "hardly change their length here, least of all with batch norm.",
        ),
        Rival(
            "Any norm would do",
            "Layer norm is a control arm here: at equal rates its steps are about as large as "
            "without a norm.",
        ),
    ),
    would_change=(
        "Inputs with mean 0 have less in common, so there is less to subtract in the first layer. "
        "An optimizer such as Adam sets the size of steps itself."
    ),
    dials=(
        Dial("data.standardized", (False, True), "Inputs with mean 0: is there less to subtract?"),
        Dial("network.activation", ("relu", "tanh", "sigmoid"), "Tanh is negative as often as "
             "positive: what is there to subtract?"),
        Dial("network.depth", (1, 3, 6), "Do steps differ more in deep networks?"),
    ),
    sources=(
        IOFFE_SZEGEDY(
            "The gradient with respect to weights in front of batch norm shrinks as they grow, "
            "which stabilizes their growth and allows higher learning rates.",
        ),
        BJORCK(
            "Without batch norm gradients are larger, heavy-tailed, and agree across inputs and "
            "channels: a large part is common to all examples.",
        ),
        EFFICIENT_BACKPROP(
            "Inputs with a mean far from 0 push all weights of a unit in the same direction and "
            "slow learning down; they should be centred.",
        ),
    ),
    note=(
        "Textbooks say it unconditionally. Here it holds at equal learning rates, except for the "
        "first step, and for batch norm but not for layer norm. At the best learning rate of "
        "each, the steps of hidden layers are about equal; those of the output layer stay "
        "smaller, at 0.6 times, which the explanation above does not cover: no norm follows that "
        "layer. In the first step those of hidden layers are 1.3 times as large with batch norm; "
        "the interval, 1.1 to 1.5, leaves the verdict open."
    ),
)  # fmt: skip
