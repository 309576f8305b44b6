"""Claim 18: in front of batch norm weights never get shorter, and the effective rate falls."""

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
        metric="share of steps after which the weights of a hidden layer are longer",
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
        expected="It falls the more, the larger the steps are.",
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
        metric="largest distance of the training losses, at rates that fit the lengths",
        pairs=pairs, expected=expected, smallest=0.01, unit="nats", statistic="range", kind=kind,
    )  # fmt: skip


CLAIM = Claim(
    number=18,
    name="auto_tuned_rate",
    title="A learning rate that tunes itself",
    statement=(
        "In front of batch norm the weights get longer with every step, and that lowers the "
        "effective learning rate by itself."
    ),
    belief=(
        "Batch norm's output does not feel the length of the weights in front of it. So their "
        "gradient is at right angles to them, and a step at right angles makes a vector longer. "
        "Longer weights are turned less by the next step."
    ),
    studies={
        "arms": Study(
            "The length of hidden weights at every step: with batch norm, with weight decay "
            "beside it, with layer norm, without norm.",
            _ARMS,
            "weight_lengths",
        ),
        "rates": Study(
            "Batch norm at four learning rates, with right labels and with 30 % wrong ones, "
            "whose gradients do not vanish.",
            _RATES,
            "weight_lengths",
        ),
        "rescaled": Study(
            f"First weights {GAIN:g} times as long, followed at {GAIN**2:g} times the rate, "
            "beside the usual ones; with eps as good as 0.",
            _RESCALED,
            "rescaled_rate",
            {"target": 0.9},
        ),
    },
    conditions=(
        _grows("batch", "SGD", "Every step, but for eps."),
        _grows("decay", f"SGD with weight decay {DECAY:g}", "Weight decay shortens them."),
        *(_falls(labels, rate) for labels in ("right", "wrong") for rate in (0.1, 3.0)),
        condition(
            "Rates 30 times apart come nearer to each other",
            "after 400 steps", "before the first step", "factor", "less",
            metric="effective learning rate at lr 3 over that at lr 0.1", pairs=_gathers,
            expected="In the long run the effective rate hardly depends on lr: noisy gradients "
            "make ||W||^2 grow in proportion to it.",
        ),
        _same_course("batch", ": the same course of training",
                     "The same, since lr / ||W||^2 is the same; with the usual eps of 1e-5 within "
                     "0.012 nats."),
        _same_course("layer", ", layer norm",
                     "Nearly the same: its bias is in front of the norm and does not scale.",
                     kind="control"),
        _grows("layer", "layer norm", "Nearly at right angles: the bias is in the way.",
               kind="control"),
        _grows("none", "no norm", "No law says so, but a fit that gets surer needs longer weights.",
               kind="control"),
        _right_angles("batch", "batch norm",
                      "||W+||^2 = ||W||^2 + lr^2 ||gradient||^2, exact but for eps.", kind="check"),
        _right_angles("none", "no norm", "Steps also point along the weights.", kind="control"),
    ),
    meaning={
        "supported": "Weights only grow, and each learning rate is turned down on its own.",
        "contradicted": "Weights get shorter, or the effective rate rises.",
        "depends": "The law of the growing weights holds for plain SGD and ends with weight "
        "decay; how far the effective rate falls depends on the size of the steps.",
    },
    explanation=(
        "BN(a W x) = BN(W x) for every a above 0, so the loss does not change along W and the "
        "gradient is at right angles to W. Pythagoras gives ||W+||^2 = ||W||^2 + lr^2 "
        "||gradient||^2: lengths only grow, for as long as there is a gradient.\n\n"
        "The gradient goes as 1 / ||W||, and what counts is the angle of a step: lr / ||W||^2 is "
        "the effective learning rate. Weights 10 times as long at 100 times the rate are the same "
        "training. A rate that is too large makes the weights long within a few steps, and so "
        "turns itself down. A small rate makes short steps, which hardly add to the length: there "
        "is nothing to tune.\n\n"
        "Weight decay pulls the other way. In front of batch norm it does not make the function "
        "simpler, since the length has no effect; it keeps the effective rate up."
    ),
    rivals=(
        Rival(
            "Weights grow without batch norm, too",
            "They do, in nearly every step: cross-entropy gets smaller with larger outputs. What "
            "is special is the right angle, and that the length then has no effect.",
        ),
    ),
    would_change=(
        "Weight decay; a large eps, which makes batch norm feel the length; more steps or noisier "
        "gradients, with which the effective rate falls further."
    ),
    dials=(
        Dial("norm.eps", (1e-5, 0.01, 1.0), "With a large eps the angle is no longer right."),
        Dial("batch_size", (16, 64, 256), "Noisier gradients are larger, and weights grow faster."),
        Dial("network.activation", ("relu", "tanh", "sigmoid"), "Does the law ask for ReLU?"),
    ),
    note=(
        "At a learning rate of 0.1 nothing tunes itself in 400 steps: the digits are learned "
        "before steps so short add to the lengths, and the effective rate falls by 0.4 % only, by "
        "1.8 % with wrong labels. At 3 it falls to 0.44 and 0.25 of what it was. With weight decay "
        "of 0.001 the weights got shorter in nearly every step: the statement is one about plain "
        "SGD."
    ),
    sources=(
        VAN_LAARHOVEN(
            "L2 regularization with normalized layers does not regularize: it changes the "
            "effective learning rate.",
        ),
        ARORA(
            "With batch norm gradient descent converges at the usual speed whatever the learning "
            "rate of the normalized weights is, because their growing length tunes it.",
        ),
    ),
)  # fmt: skip
