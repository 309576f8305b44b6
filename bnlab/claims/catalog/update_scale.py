"""Claim 21: normalizing reduces the scale of the parameter updates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from bnlab.claims.claim import Claim, Condition, Dial, Rival, Source, Study
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.results.frames import Array
from bnlab.results.sweeps.best import best_cell
from bnlab.results.sweeps.curves import edge_of
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
    variants={kind: {"norm.kind": kind} for kind in ("none", "batch", "layer")},
    axes={"optimizer.lr": RATES},
    seeds=16,
)


def _best_rate(evidence: Evidence, arm: str) -> tuple[int, tuple[str, ...]]:
    """Where on the axis an arm is best on validation, and what is to be said of the place."""
    rates = evidence.measured["trained"][0].axes["optimizer.lr"]
    accuracy = evidence.answers("trained", "validation", arm)  # (S, K)
    known = accuracy[~np.isnan(accuracy).all(1)]
    cell = best_cell(known.mean(0)[None], "validation_accuracy") if len(known) else None
    if cell is None:
        return 0, ()
    end = edge_of("optimizer.lr", rates, cell[1])
    note = () if end is None else (f"The best learning rate of {arm} is the {end}est of the grid.",)
    return cell[1], note


def _ratio(evidence: Evidence, arm: str, place: int, when: When, *, layers: Layers) -> Array:
    """The ratio (S,) at one learning rate, as the geometric mean over layers and looks."""
    ratio = evidence.answers("trained", "ratio", arm)[:, place]  # (S, T, L+1)
    ratio = ratio[..., -1:] if layers == "output" else ratio[..., :-1]
    loss = evidence.answers("trained", "loss", arm)[:, place]  # (S, T)
    counts = np.ones_like(loss, bool)
    if when == "first step":
        counts[:, 1:] = False
    elif when == "same loss":
        low, high = SAME_LOSS
        counts = (loss >= low) & (loss <= high)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(ratio).mean(2)
        return np.exp(np.where(counts, logs, 0).sum(1) / counts.sum(1))


def _equal(when: When, norm: str, expected: str, *, layers: Layers = "hidden") -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        place = evidence.measured["trained"][0].axes["optimizer.lr"].index(EQUAL)
        first, second = (
            _ratio(evidence, arm, place, when, layers=layers) for arm in (norm, "none")
        )
        return Pairs(first, second)

    return _condition(f"Equal rates, {layers} layers, {when}", norm, pairs, expected)


def _best(norm: str, expected: str, *, layers: Layers = "hidden") -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        (one, note), (other, note_other) = (_best_rate(evidence, arm) for arm in (norm, "none"))
        return Pairs(
            _ratio(evidence, norm, one, "whole training", layers=layers),
            _ratio(evidence, "none", other, "whole training", layers=layers),
            notes=note + note_other,
        )

    return _condition(f"Best rate of each, {layers} layers", norm, pairs, expected)


def _centred(norm: str, expected: str) -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        place = evidence.measured["trained"][0].axes["optimizer.lr"].index(EQUAL)
        first, second = (
            evidence.answers("trained", "centred", arm)[:, place].mean((1, 2))
            for arm in (norm, "none")
        )
        return Pairs(first, second)

    return Condition(
        name="Gradients on centred inputs (check)",
        first=f"{norm} norm",
        second="no norm",
        metric="what is left of a hidden layer's gradient when its inputs have their mean over "
        "the minibatch taken away",
        unit="x",
        scale="factor",
        smallest=1.25,
        direction="more",
        pairs=pairs,
        expected=expected,
        is_control=True,
    )


def _condition(
    name: str, norm: str, pairs: Callable[[Evidence], Pairs], expected: str
) -> Condition:
    is_control = norm != "batch"
    return Condition(
        name=f"{name}, {norm} norm (control)" if is_control else name,
        first=f"{norm} norm",
        second="no norm",
        metric="change of the weights in a step over the size of the weights",
        unit="x",
        scale="factor",
        smallest=1.25,
        direction="less",
        pairs=pairs,
        expected=expected,
        is_control=is_control,
    )


CLAIM = Claim(
    number=21,
    name="update_scale",
    title="Scale of the updates",
    statement="Batch norm reduces the scale of the parameter updates, and so allows larger "
    "learning rates.",
    belief=(
        "Normalized layers keep their inputs at one scale, so gradients should stay small and "
        "even, and no step should throw the weights far. If steps are small, the learning rate "
        "may be larger."
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
        _equal("same loss", "batch", "As small, if it is not just that more is learned already."),
        _best("batch", "As large again: the larger rate makes up for it."),
        _equal("whole training", "batch", "The output layer, too.", layers="output"),
        _best("batch", "Smaller, if the statement holds.",
              layers="output"),
        _centred("batch", "1 with batch norm, where gradients sum to 0; less without."),
        _equal("first step", "layer", "As with batch norm: layer norm divides, too."),
        _equal("whole training", "layer", "Not smaller: the sum over the minibatch is not 0."),
        _equal("same loss", "layer", "Not smaller."),
        _best("layer", "As large as without norm."),
    ),
    meaning={
        "supported": "With batch norm each step moves the weights by a smaller part of their size.",
        "depends": "At equal learning rates each step moves the weights about half as far with "
        "batch norm, but not in the first step; at the larger rate that suits it, hidden layers "
        "move as far as without.",
    },
    explanation=(
        "The gradient of a layer is a sum over the minibatch: what comes in, times what is asked "
        "of the output. Inputs of a layer after ReLU are never negative, and raw pixels are not "
        "either. So all examples have a large part in common, and a step mostly moves all outputs "
        "of a unit together, up or down. Batch norm subtracts the mean over the minibatch, which "
        "undoes just that, so the gradient has no such part: for each unit the gradients of all "
        "examples sum to 0. What is left without it is a bit less than half, as the check shows, "
        "and about half is how much shorter the steps are. Layer norm subtracts a mean, too, but "
        "of each example by itself: its steps are about as long as without norm.\n\n"
        "In the first step batch norm moves the weights rather more: raw inputs vary little, and "
        "what divides by a small spread multiplies the gradient.\n\n"
        "Smaller steps leave room to raise the learning rate. At its own best rate each network "
        "moves its hidden weights by about the same part of their size, roughly a hundredth a "
        "step: the size of useful steps is much alike, and the learning rate is how one gets there."
    ),
    rivals=(
        Rival(
            "It has learned more already",
            "Gradients shrink as the loss does, and batch norm is ahead. But the steps are smaller "
            "also when only steps at the same training loss are compared.",
        ),
        Rival(
            "The weights are longer",
            "Then the same step would be a smaller part. But the weights of hidden layers hardly "
            "change their length here, with batch norm the least.",
        ),
        Rival(
            "Any norm would do",
            "Layer norm is a control arm here: at equal rates its steps are about as large as "
            "without norm.",
        ),
    ),
    would_change=(
        "Inputs with mean 0 have less in common, so there is less to take away in the first layer. "
        "An optimizer such as Adam sets the size of steps itself."
    ),
    dials=(
        Dial("data.standardized", (False, True), "Inputs with mean 0: is there less to take away?"),
        Dial("network.activation", ("relu", "tanh", "sigmoid"), "Tanh is negative as often as "
             "positive: what is there to take away?"),
        Dial("network.depth", (1, 3, 6), "Do steps differ more in deep networks?"),
    ),
    sources=(
        Source(
            "Ioffe & Szegedy", 2015, "1502.03167",
            "The gradient by weights in front of batch norm shrinks as they grow, which "
            "stabilizes their growth and allows higher learning rates.",
        ),
        Source(
            "Bjorck, Gomes, Selman & Weinberger", 2018, "1806.02375",
            "Without batch norm gradients are larger, with heavy tails, and agree over inputs and "
            "channels: much of them is common to all examples.",
        ),
        Source(
            "LeCun, Bottou, Orr & Müller", 1998, "Efficient BackProp (Neural Networks: Tricks of "
            "the Trade)",
            "Inputs with a mean far from 0 push all weights of a unit the same way and slow "
            "learning down; they should be centred.",
        ),
    ),
    note=(
        "Textbooks say it without a condition. Here it holds at equal learning rates, but for the "
        "first step, and for batch norm, not for layer norm. With the learning rate at its best "
        "for each, the steps of hidden layers are of about equal size; those of the output "
        "layer stay smaller, at 0.6 times, which the explanation above does not cover: no norm "
        "stands behind that layer. In the first step those of hidden layers are 1.3 times as large "
        "with batch norm; the interval, 1.1 to 1.5, leaves the verdict open."
    ),
)  # fmt: skip
