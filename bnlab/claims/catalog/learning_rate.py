"""Claim 4: batch norm tolerates higher learning rates."""

from __future__ import annotations

import numpy as np

from bnlab.claims.claim import Claim, Condition, Dial, Rival, Study
from bnlab.claims.conditions import NORMS, condition, norms
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.claims.papers import BJORCK, IOFFE_SZEGEDY
from bnlab.results.frames import Array
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec

RATES = tuple(2.0**k for k in range(-5, 9))
OPTIMIZERS: dict[str, dict[str, Scalar]] = {
    "SGD": {"optimizer.kind": "sgd"},
    "SGD with momentum .9": {"optimizer.kind": "sgd", "optimizer.momentum": 0.9},
    "Adam": {"optimizer.kind": "adam"},
}
# Adam moves each weight by about its learning rate: its rates are lower.
ADAM_RATES = tuple(2.0**k for k in range(-11, 3))

_BASE = MemberSpec(
    data=DataSpec(name="digits", standardized=False),
    network=NetworkSpec(depth=3, width=64),
    batch_size=64,
    steps=200,
    evaluate_every=20,
)


def _study(optimizer: str, rates: tuple[float, ...]) -> Study:
    return Study(
        f"{optimizer}: every learning rate from 2^{np.log2(rates[0]):.0f} to "
        f"2^{np.log2(rates[-1]):.0f}, without a norm, with batch norm and with layer norm.",
        Experiment(
            base=_BASE.replace(OPTIMIZERS[optimizer]),
            variants=norms("none", "batch", "layer"),
            axes={"optimizer.lr": rates},
            seeds=8,
        ),
    )


def _largest(evidence: Evidence, study: str, variant: str) -> Array:
    """The largest learning rate (S,) with which a network passed 90 %; NaN: none has (yet)."""
    [passed] = np.isfinite(evidence.numbers(study, "steps_to_target", variant))  # (X, S)
    rates = np.array(evidence.tables[study][0].axes["optimizer.lr"], np.float64)
    largest = np.where(passed, rates[:, None], -np.inf).max(0)
    return np.where(np.isfinite(largest), largest, np.nan)


def _compared(optimizer: str, variant: str) -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        first, second = (_largest(evidence, optimizer, arm) for arm in (variant, "none"))
        top = max(map(float, evidence.tables[optimizer][0].axes["optimizer.lr"]))
        is_open = bool((first == top).any())
        notes = ("The largest rate of the grid still works: the gain is at least this.",)
        return Pairs(first, second, notes=notes if is_open else ())

    is_control = variant != "batch"
    return condition(
        f"{optimizer}, layer norm" if is_control else optimizer,
        NORMS[variant],
        "no norm",
        "octaves",
        "more",
        metric="the largest learning rate that reaches 90 % validation accuracy in 200 steps",
        pairs=pairs,
        expected="About three octaves for SGD with batch norm; layer norm gains little.",
        kind="control" if is_control else "",
    )


CLAIM = Claim(
    number=4,
    name="learning_rate",
    title="Higher learning rates",
    statement="Batch norm allows training with much higher learning rates.",
    belief=(
        "Without it a large step changes the scale of every later layer at once, and the scales "
        "multiply; with it each layer's inputs keep their scale whatever the weights do."
    ),
    studies={
        "SGD": _study("SGD", RATES),
        "SGD with momentum .9": _study("SGD with momentum .9", RATES),
        "Adam": _study("Adam", ADAM_RATES),
    },
    conditions=tuple(
        _compared(optimizer, arm) for optimizer in OPTIMIZERS for arm in ("batch", "layer")
    ),
    meaning={
        "supported": "With batch norm, rates work that break the same network without it.",
        "depends": "Whether batch norm widens the range of learning rates depends on the "
        "optimizer.",
        "contradicted": "The largest rate that works is smaller with batch norm here.",
        "no meaningful effect": "The same rates work with and without batch norm here.",
        "inconclusive": "These seeds do not say whether batch norm widens the range of rates.",
    },
    explanation=(
        "The output of batch norm does not change when the weights in front of it are multiplied "
        "by a positive number, and the gradient with respect to those weights is divided by that "
        "number. So a step that is too large makes the weights long, long weights have small "
        "gradients, and the next steps rotate the weights less: the layer brakes itself. With "
        "Adam, whose steps do not shrink with the gradient, long weights are still rotated less. "
        "Without a norm nothing brakes."
    ),
    rivals=(
        Rival(
            "Any norm would do",
            "Layer norm does not depend on the scale of a layer's weights either, so it brakes, "
            "too. Yet it gains less than an octave with SGD and nothing with Adam: the brake is "
            "not everything. Batch norm also centres and scales each unit over the examples.",
        ),
    ),
    would_change=(
        "Inputs and initial weights chosen so well that scales hardly change; a learning rate "
        "that starts small and grows, which networks without a norm tolerate better."
    ),
    dials=(
        Dial("network.activation", ("relu", "tanh", "sigmoid"), "Does the gain need ReLU?"),
        Dial("network.depth", (1, 3, 6), "Scales multiply over layers: is one layer enough?"),
        Dial("batch_size", (8, 64, 256), "Do noisy statistics cost some of the gain?"),
    ),
    sources=(
        IOFFE_SZEGEDY(
            "Inception trained with 30 times the learning rate, and better, once normalized and "
            "with dropout and other things changed as well.",
        ),
        BJORCK(
            "Networks with and without batch norm do about equally well at small rates; the gain "
            "is that large ones work.",
        ),
    ),
    note=(
        "Three octaves were expected for SGD, and three were measured. With momentum and Adam the "
        "gain is nearly as large, though Adam scales its own steps. The rates of the grid are a "
        "factor of 2 apart, so the result for each network is known to within one octave; where "
        "all seeds agree the interval shows no width, but that uncertainty remains."
    ),
)  # fmt: skip
