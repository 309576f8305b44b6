"""Claim 7: batch norm improves gradient flow."""

from __future__ import annotations

import math

from bnlab.claims.claim import Claim, Condition, Dial, Rival, Source, Study
from bnlab.claims.conditions import NORMS, Arm, accuracy_at_best, against, condition, norms
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.claims.papers import DE_SMITH, IOFFE_SZEGEDY
from bnlab.results.frames import Array
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar
from bnlab.spec.member import MemberSpec, NetworkSpec

BATCHES = (8, 32, 256)
DEPTHS = (4, 10, 20, 40)
SOME = (10, 20)  # depths of the control arm
SAID = {"relu": "ReLU", "sigmoid": "Sigmoid"}
# The best rates of sigmoid networks are higher.
RATES = {
    "sigmoid": (0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
    "relu": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
}
PLAIN, LAYER = norms("none", "batch"), norms("layer")
SKIPS: dict[str, Scalar] = {"norm.kind": "batch", "network.skips": True}


def _first_weights(activation: str, batches: tuple[int, ...]) -> Study:
    base = MemberSpec(network=NetworkSpec(depth=20, width=384), steps=1)
    return Study(
        f"{SAID[activation]}, 20 layers of 384 units at initialization: how large the gradients "
        "are in the backward pass.",
        Experiment(
            base=base.replace({"network.activation": activation}),
            variants=PLAIN | LAYER,
            axes={"batch_size": batches},
            seeds=8,
        ),
        measurement="gradient_growth",
    )


def _trained(
    activation: str, variants: dict[str, dict[str, Scalar]], depths: tuple[int, ...] = DEPTHS
) -> Study:
    rates = RATES[activation]
    base = MemberSpec(network=NetworkSpec(width=32), steps=200, evaluate_every=100)
    return Study(
        f"{SAID[activation]}, {depths[0]} to {depths[-1]} layers of 32 units, trained at "
        f"{len(rates)} learning rates: {', '.join(variants)}.",
        Experiment(
            base=base.replace({"network.activation": activation}),
            variants=variants,
            axes={"optimizer.lr": rates, "network.depth": depths},
            seeds=8,
        ),
    )


def growth_in_theory(batch_size: int) -> float:
    """Growth of the gradient norm per layer, of a wide ReLU network with batch norm.

    sqrt(lambda), lambda = [J'(c) + B - 1] / [(B - 3) (1 - J(c))] - 1 / (B - 3) with
    c = -1 / (B - 1), J(c) = (sqrt(1 - c^2) + (pi - arccos c) c) / pi, J'(c) = (pi - arccos c) / pi.

    Source: Yang et al. 2019 (1902.08129).

    >>> round(growth_in_theory(8), 3)
    1.337
    """
    c = -1 / (batch_size - 1)
    slope = (math.pi - math.acos(c)) / math.pi
    j = math.sqrt(1 - c * c) / math.pi + slope * c
    of_squares = (slope + batch_size - 1) / ((batch_size - 3) * (1 - j)) - 1 / (batch_size - 3)
    return math.sqrt(of_squares)


def _at(evidence: Evidence, study: str, name: str, arm: str, batch_size: int) -> Array:
    """What a measurement calls `name` of one arm at one batch size (S,)."""
    batches = evidence.measured[study][0].axes["batch_size"]
    return evidence.answers(study, name, arm)[:, batches.index(batch_size)]


def _as_computed(batch_size: int) -> Condition:
    growth = growth_in_theory(batch_size)
    return condition(
        f"Growth as computed, batch of {batch_size}",
        "measured growth",
        "theory",
        "factor",
        "equal",
        metric="growth of ||dL/dz|| per layer at initialization, ReLU with batch norm",
        pairs=lambda evidence: against(
            _at(evidence, "relu at the start", "growth", "batch", batch_size), growth
        ),
        expected=f"Theory for wide networks: times {growth:.3f} per layer.",
        smallest=1.03,
        kind="check",
    )


def _at_the_start(
    name: str, activation: str, norm: str, expected: str, *, kind: str = ""
) -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        study = f"{activation} at the start"
        return Pairs(*(_at(evidence, study, "first_to_last", arm, 32) for arm in (norm, "none")))

    return condition(
        name,
        NORMS[norm],
        "no norm",
        "factor",
        "less" if activation == "relu" else "more",
        metric="||dL/dz|| of layer 1 over that of layer 20, at initialization, batch of 32",
        pairs=pairs,
        expected=expected,
        kind=kind,
    )


def _arm(activation: str, variant: str, depth: int) -> Arm:
    words = NORMS.get(variant, "batch norm with skips")
    if variant == "layer":
        return Arm(f"{activation}, layer norm", variant, words, SOME.index(depth))
    return Arm(activation, variant, words, DEPTHS.index(depth))


def _trains(
    activation: str, depth: int, expected: str, *, first: str = "batch", second: str = "none"
) -> Condition:
    one, other = (_arm(activation, variant, depth) for variant in (first, second))
    is_control = (first, second) != ("batch", "none")
    return accuracy_at_best(
        f"{SAID[activation]}, {depth} layers trained" + (f", {one.words}" if is_control else ""),
        one,
        other,
        expected,
        metric="test accuracy at the end, each at its best learning rate",
        kind="control" if is_control else "",
    )


CLAIM = Claim(
    number=7,
    name="gradient_flow",
    title="Gradient flow",
    statement="Batch norm improves the flow of gradients: they neither vanish nor explode.",
    belief=(
        "A gradient passes back through all layers and is multiplied by each of them. If each "
        "layer preserves the scale, the product should preserve it, too."
    ),
    studies={
        "relu at the start": _first_weights("relu", BATCHES),
        "sigmoid at the start": _first_weights("sigmoid", (32, 256)),
        "sigmoid": _trained("sigmoid", PLAIN),
        "relu": _trained("relu", PLAIN | {"batch with skips": SKIPS}),
        "sigmoid, layer norm": _trained("sigmoid", LAYER, SOME),
        "relu, layer norm": _trained("relu", LAYER, SOME),
    },
    conditions=(
        _at_the_start(
            "No vanishing, sigmoid at the start", "sigmoid", "batch",
            "Without a norm gradients shrink about threefold in each sigmoid layer.",
        ),
        _at_the_start(
            "No vanishing, sigmoid, layer norm", "sigmoid", "layer",
            "Layer norm also rescales.", kind="control",
        ),
        _at_the_start(
            "No explosion, ReLU at the start", "relu", "batch",
            "The reverse: gradients grow with batch norm, and not without.",
        ),
        _at_the_start(
            "No explosion, ReLU, layer norm", "relu", "layer",
            "Layer norm preserves the size of gradients in ReLU layers.", kind="control",
        ),
        *(_as_computed(batch_size) for batch_size in BATCHES),
        _trains("sigmoid", 4, "Decisive: sigmoid networks hardly learn without a norm."),
        _trains("sigmoid", 10, "Decisive."),
        _trains("sigmoid", 40, "Perhaps too deep, even with batch norm."),
        _trains("sigmoid", 10, "Any norm prevents vanishing.", first="layer"),
        _trains("relu", 4, "Both train well."),
        _trains("relu", 20, "More accurate with batch norm."),
        _trains("relu", 40, "Too deep for batch norm alone."),
        _trains("relu", 20, "Layer norm also makes deep networks train.", first="layer"),
        _trains(
            "relu", 40, "Beyond about 40 layers only skips help (De & Smith 2020).",
            first="batch with skips", second="batch",
        ),
    ),
    meaning={
        "supported": "Batch norm kept gradients at a constant size, and deep networks trained.",
        "depends": "Batch norm stops gradients from vanishing, which saves deep sigmoid networks. "
        "It does not stop them from exploding: in ReLU networks it makes them grow "
        "with depth, and at 40 layers it no longer helps.",
    },
    explanation=(
        "Vanishing. The slope of a sigmoid is at most a quarter, so in the backward pass "
        "gradients shrink in each layer, and after 20 layers next to nothing is left. What "
        "shrinks in the forward pass shrinks in the backward pass: the differences between "
        "examples. Batch norm divides by the spread over the examples, which restores both.\n\n"
        "Exploding. He's initialization is made so that ReLU layers preserve the size of "
        "gradients, and they do. But the output of ReLU is never negative, so a good part of it "
        "is a mean that all examples share. Batch norm subtracts it and stretches what is left to "
        "spread 1. The backward pass is stretched by the same factor: about 1.21 per layer, more "
        "in small batches, which agrees with theory within a percent. That is a factor of 2,000 "
        "and more over 40 layers, and no learning rate tried here suits both ends of such a "
        "network. A sigmoid after batch norm works in its nearly linear part, where little is "
        "lost and little is stretched: by theory gradients grow there by 1.02 per layer, in large "
        "batches. So 40 sigmoid layers train.\n\n"
        "With skips most of the signal bypasses the layers, and 40 layers of ReLU train."
    ),
    rivals=(
        Rival(
            "Any norm would do",
            "Layer norm looks at one example at a time. It preserves the scale, but not the "
            "differences between examples: in sigmoid networks gradients vanish nearly as fast, "
            "and ten layers do not train. Nor is it shown to help 20 layers of ReLU.",
        ),
        Rival(
            "Good initialization does it without a norm",
            "For the size of gradients that is true: He's initialization preserves it in ReLU "
            "networks. Yet 20 narrow layers train badly with it. What is lost there is not size; "
            "it may be rank: all examples become alike (claim 17).",
        ),
        Rival(
            "It is the skips that make deep networks train",
            "At 40 layers of ReLU that is true: with skips the same network with batch norm "
            "trains.",
        ),
    ),
    would_change=(
        "Wider layers and more steps help networks without a norm. With an activation of mean 0, "
        "such as tanh, gradients grow less with batch norm."
    ),
    dials=(
        Dial("steps", (200, 600), "Do deep ReLU networks without a norm catch up?"),
        Dial("batch_size", (16, 64, 256), "Gradients grow faster in small batches: are deep "
        "networks harder to train with them?"),
        Dial("network.init", ("he", "xavier", "orthogonal"), "Which initialization helps without "
        "a norm?"),
    ),
    sources=(
        IOFFE_SZEGEDY(
            "With batch norm even Inception with sigmoids trains, which it does not without it.",
        ),
        Source(
            "Yang, Pennington, Rao, Sohl-Dickstein & Schoenholz", 2019, "1902.08129",
            "Gradients of deep networks with batch norm explode at initialization, whatever the "
            "variance of the weights and the activation, least in nearly linear networks; a "
            "formula for how fast.",
        ),
        DE_SMITH(
            "Batch norm alone does not make very deep networks trainable; together with skips it "
            "does.",
        ),
    ),
    note=(
        "Batch norm was expected to fail at 40 layers whatever the activation. Sigmoid networks "
        "still train there, because gradients hardly grow in their nearly linear part. Sigmoid "
        "networks without a norm stay at chance at 10 and 40 layers, with layer norm at 10, so "
        "the best rate for them is meaningless. It was not expected that layer norm would save "
        "neither these nor 20 layers of ReLU: that takes statistics over the batch. With 20 "
        "layers of ReLU batch norm helps although gradients are larger with it: size is not "
        "everything."
    ),
)  # fmt: skip
