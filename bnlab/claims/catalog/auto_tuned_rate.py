"""Claim 18: weights in front of batch norm never get shorter, and the effective rate falls."""

from __future__ import annotations

import numpy as np

from bnlab.claims.claim import Claim, Condition, Dial, Rival, Study
from bnlab.claims.conditions import against, condition, norms
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.claims.papers import ARORA, VAN_LAARHOVEN
from bnlab.results.frames import Array
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec

RATES = (0.1, 0.3, 1.0, 3.0)
DECAY = 0.001
GAIN = 10.0

_BASE = MemberSpec(
    data=DataSpec(name="digits"), network=NetworkSpec(depth=3, width=64), steps=400
).replace({"optimizer.lr": 0.3, "norm.kind": "batch"})
_ARMS = Experiment(
    base=_BASE,
    variants={
        "batch": {"norm.kind": "batch"},
        "decay": {"norm.kind": "batch", "optimizer.weight_decay": DECAY},
        "layer": {"norm.kind": "layer"},
        "none": {"norm.kind": "none"},
    },
    seeds=8,
)
_RATES = Experiment(
    base=_BASE,
    variants={"right": {"data.wrong_labels": 0.0}, "wrong": {"data.wrong_labels": 0.3}},
    axes={"optimizer.lr": RATES},
    seeds=8,
)
_RESCALED = Experiment(
    base=_BASE.replace({"steps": 150, "norm.eps": 1e-10}),  # the law is exact without eps
    variants=norms("batch", "layer"),
    axes={"network.gain": (1.0, GAIN)},
    seeds=8,
)


def _grows(arm: str, name: str, expected: str, *, kind: str = "") -> Condition:
    return condition(
        f"Weights grow: {name}", "steps that lengthen", "all steps", "points", "equal",
        metric="share of steps that lengthen the weights of a hidden layer",
        pairs=lambda evidence: against(evidence.answers("arms", "grew", arm)[:, 0].mean(-1), 1.0),
        expected=expected, statistic="range", kind=kind,
    )  # fmt: skip


def _right_angles(arm: str, name: str, expected: str, *, kind: str) -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        start, end, moved = (
            evidence.answers("arms", array, arm)[:, 0].sum(-1)
            for array in ("start", "end", "moved")
        )
        return Pairs(end - start, moved)

    return condition(
        f"Right angles: {name}", "growth of ||W||^2", "the sum of squared steps", "factor", "equal",
        metric="squared length of the hidden weights", pairs=pairs, expected=expected,
        smallest=1.01, statistic="range", kind=kind,
    )  # fmt: skip


def _effective(evidence: Evidence, labels: str, when: str) -> Array:
    """lr / ||W||^2 (rates, S), the geometric mean over the hidden layers."""
    squares = evidence.answers("rates", when, labels)  # (S, rates, L)
    return np.asarray(RATES)[:, None] / np.exp(np.log(squares).mean(-1)).T


def _falls(labels: str, rate: float) -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        place = RATES.index(rate)
        return Pairs(*(_effective(evidence, labels, when)[place] for when in ("end", "start")))

    words = "right labels" if labels == "right" else "30 % wrong labels"
    return condition(
        f"Effective rate, {words}, learning rate {rate:g}",
        "after 400 steps", "before the first step", "factor", "less",
        metric="effective learning rate, lr / ||W||^2", pairs=pairs,
        expected="The larger the steps, the more it falls.",
    )  # fmt: skip


def _gathers(evidence: Evidence) -> Pairs:
    start, end = (_effective(evidence, "right", when) for when in ("start", "end"))
    return Pairs(end[-1] / end[0], start[-1] / start[0])


def _same_course(arm: str, name: str, expected: str, *, kind: str = "") -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        losses = evidence.answers("rescaled", "loss", arm)  # (S, gains, steps)
        return against(np.abs(losses[:, 1] - losses[:, 0]).max(-1), 0.0)

    return condition(
        f"Length without effect{name}", f"weights {GAIN:g} times as long", "weights as they are",
        "number", "equal",
        metric="largest distance between the training losses, at rates that match the lengths",
        pairs=pairs, expected=expected, smallest=0.01, unit="nats", statistic="range", kind=kind,
    )  # fmt: skip


CLAIM = Claim(
    number=18,
    name="auto_tuned_rate",
    title="A learning rate that tunes itself",
    statement=(
        "The weights in front of batch norm grow longer with every step, and this lowers the "
        "effective learning rate automatically."
    ),
    belief=(
        "Batch norm's output does not depend on the length of the weights in front of it. So "
        "their gradient is orthogonal to them, and an orthogonal step makes a vector longer. "
        "Longer weights are rotated less by the next step."
    ),
    studies={
        "arms": Study(
            "The length of hidden weights at every step: with batch norm, with batch norm and "
            "weight decay, with layer norm, without a norm.",
            _ARMS,
            "weight_lengths",
        ),
        "rates": Study(
            "Batch norm at four learning rates, with correct labels and with 30 % wrong ones, "
            "whose gradients do not vanish.",
            _RATES,
            "weight_lengths",
        ),
        "rescaled": Study(
            f"Initial weights {GAIN:g} times as long, trained at {GAIN**2:g} times the rate, "
            "beside the usual ones; with eps close to 0.",
            _RESCALED,
            "rescaled_rate",
            {"target": 0.9},
        ),
    },
    conditions=(
        _grows("batch", "SGD", "Every step, except for eps."),
        _grows("decay", f"SGD with weight decay {DECAY:g}", "Weight decay shortens them."),
        *(_falls(labels, rate) for labels in ("right", "wrong") for rate in (0.1, 3.0)),
        condition(
            "Rates 30 times apart come nearer to each other",
            "after 400 steps", "before the first step", "factor", "less",
            metric="effective learning rate at lr 3 over that at lr 0.1", pairs=_gathers,
            expected="In the long run the effective rate hardly depends on lr: noisy gradients "
            "make ||W||^2 grow in proportion to lr.",
        ),
        _same_course("batch", ": the same course of training",
                     "The same, since lr / ||W||^2 is the same; with the usual eps of 1e-5 within "
                     "0.012 nats."),
        _same_course("layer", ", layer norm",
                     "Nearly the same: the bias in front of the norm does not scale.",
                     kind="control"),
        _grows("layer", "layer norm", "Nearly at right angles: the bias spoils it slightly.",
               kind="control"),
        _grows("none", "no norm", "No law says so, but a more confident fit needs longer weights.",
               kind="control"),
        _right_angles("batch", "batch norm",
                      "||W+||^2 = ||W||^2 + lr^2 ||gradient||^2, exact except for eps.",
                      kind="check"),
        _right_angles("none", "no norm", "Steps also point along the weights.", kind="control"),
    ),
    meaning={
        "supported": "Weights only grow, and every learning rate turns itself down.",
        "contradicted": "Weights get shorter, or the effective rate rises.",
        "depends": "The law of growing weights holds for plain SGD and ends with weight decay; "
        "how far the effective rate falls depends on the size of the steps.",
    },
    explanation=(
        "BN(a W x) = BN(W x) for every a > 0, so the loss does not change along W and the "
        "gradient is orthogonal to W. Pythagoras gives ||W+||^2 = ||W||^2 + lr^2 ||gradient||^2: "
        "the length only grows, as long as there is a gradient.\n\n"
        "The gradient scales as 1 / ||W||, and what counts is the angle of a step: lr / ||W||^2 "
        "is the effective learning rate. Weights 10 times as long at 100 times the rate train "
        "identically. A rate that is too large makes the weights long within a few steps, and so "
        "turns itself down. A small rate makes short steps, which hardly add to the length: there "
        "is nothing to tune.\n\n"
        "Weight decay pulls the other way. In front of batch norm it does not make the function "
        "simpler, because the length has no effect; it keeps the effective rate up."
    ),
    rivals=(
        Rival(
            "Weights grow without batch norm, too",
            "They do, in nearly every step: cross-entropy falls as the outputs grow. What is "
            "special to batch norm is the right angle, and that the length then has no effect.",
        ),
    ),
    would_change=(
        "Weight decay; a large eps, which makes batch norm depend on the length; more steps or "
        "noisier gradients, which make the effective rate fall further."
    ),
    dials=(
        Dial("norm.eps", (1e-5, 0.01, 1.0), "With a large eps the angle is no longer right."),
        Dial("batch_size", (16, 64, 256), "Noisier gradients are larger, so weights grow faster."),
        Dial("network.activation", ("relu", "tanh", "sigmoid"), "Does the law need ReLU?"),
    ),
    note=(
        "At a learning rate of 0.1 nothing tunes itself in 400 steps: the digits are learned "
        "before such short steps add to the lengths, and the effective rate falls by only 0.4 %, "
        "or 1.8 % with wrong labels. At 3 it falls to 0.44 and 0.25 of what it was. With weight "
        "decay of 0.001 the weights got shorter in nearly every step: the statement is about "
        "plain SGD."
    ),
    sources=(
        VAN_LAARHOVEN(
            "L2 regularization with normalized layers does not regularize: it changes the "
            "effective learning rate.",
        ),
        ARORA(
            "With batch norm, gradient descent converges at the usual speed whatever the learning "
            "rate of the normalized weights, because their growing length tunes it.",
        ),
    ),
)  # fmt: skip
