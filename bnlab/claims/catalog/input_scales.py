"""Claim 14: batch norm handles inputs of different scales."""

from __future__ import annotations

from bnlab.claims.claim import Claim, Condition, Dial, Direction, Rival, Study
from bnlab.claims.conditions import Arm, accuracy_at_best
from bnlab.claims.papers import EFFICIENT_BACKPROP, IOFFE_SZEGEDY
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec

RATES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0)
DATA = {"wine": "Wine", "breast_cancer": "Breast cancer"}
ARMS: dict[str, dict[str, Scalar]] = {
    "raw": {"norm.kind": "none"},
    "raw + hidden BN": {"norm.kind": "batch"},
    "raw + BN on the input": {"norm.kind": "batch", "network.norm_on_input": True},
    "raw + hidden LN": {"norm.kind": "layer"},
    "standardized": {"norm.kind": "none", "data.standardized": True},
    "standardized + hidden BN": {"norm.kind": "batch", "data.standardized": True},
}


def _study(data: str) -> Study:
    return Study(
        f"{DATA[data]}: raw features and standardized ones, with and without norms, at every "
        "learning rate.",
        Experiment(
            base=MemberSpec(
                data=DataSpec.model_validate({"name": data, "standardized": False}),
                network=NetworkSpec(depth=2, width=32),
                batch_size=32,
                steps=300,
                evaluate_every=50,
            ),
            variants=ARMS,
            axes={"optimizer.lr": RATES},
            seeds=16,
        ),
    )


def _conditions(data: str) -> tuple[Condition, ...]:
    def compared(
        name: str, first: str, second: str, direction: Direction, expected: str, kind: str = ""
    ) -> Condition:
        return accuracy_at_best(
            f"{DATA[data]}: {name}",
            Arm(data, first, first),
            Arm(data, second, second),
            expected,
            metric="test accuracy after 300 steps, each at its best learning rate",
            direction=direction,
            kind=kind,
        )

    return (
        compared(
            "hidden BN helps", "raw + hidden BN", "raw", "more",
            "More: the scale that all features share is removed.",
        ),
        compared(
            "hidden BN is as good as standardizing", "raw + hidden BN", "standardized", "equal",
            "Less: the features keep their sizes relative to each other.",
        ),
        compared(
            "BN on the input is as good as standardizing", "raw + BN on the input",
            "standardized + hidden BN", "equal",
            "Equal: it does the same, with minibatch statistics.",
        ),
        compared(
            "hidden LN helps", "raw + hidden LN", "raw", "more",
            "Unknown: layer norm removes the scale of an example, not that of a feature.",
            kind="control",
        ),
    )  # fmt: skip


CLAIM = Claim(
    number=14,
    name="input_scales",
    title="Inputs of different scales",
    statement="With batch norm the scales of the inputs do not matter.",
    belief=(
        "Batch norm brings the output of each unit to mean 0 and variance 1. If the inputs are a "
        "thousand times as large, so is the output of the unit, and the norm divides the factor "
        "out."
    ),
    studies={data: _study(data) for data in DATA},
    conditions=tuple(condition for data in DATA for condition in _conditions(data)),
    meaning={
        "supported": "Raw features with batch norm do as well as standardized ones.",
        "contradicted": "Raw features need to be standardized, with batch norm or without.",
        "depends": "It depends on where batch norm is placed: on the input it does what "
        "standardizing does; after the first layer it comes too late for part of it.",
    },
    explanation=(
        "After the first layer batch norm sees sums of all features. It can divide such a sum by "
        "one number, which removes a scale that all features share. It cannot tell the features "
        "in the sum apart: where one feature is a thousand times as large as the others, the sum "
        "is that feature, before and after the norm, and the first layer's weights must become a "
        "thousand times as large for the others.\n\n"
        "On the input batch norm sees each feature separately, and what it does is "
        "standardization, with the mean and variance of the minibatch."
    ),
    rivals=(
        Rival(
            "Any norm would do",
            "Layer norm divides the sums of an example by their own scale, and the control shows "
            "no clear gain from that: where the largest feature is nearly all there is in the "
            "sums, this removes its size as well.",
        ),
        Rival(
            "A smaller learning rate would do",
            "Each arm has its own best rate, from a millionth to 1: without a norm the largest "
            "feature limits the rate, and all others wait.",
        ),
    ),
    note=(
        "As expected. After the first layer, batch norm raises raw wine from 61 to 72 %, where "
        "standardizing reaches 97 %; and raw breast cancer from 86 to 93 %, where standardizing "
        "reaches 96 %. For wine, batch norm on the input is 0.4 points below standardizing, and "
        "the interval reaches 1.3: with 35 test examples, one of them is worth 2.9 points."
    ),
    would_change=(
        "Features of about the same size (then there is nothing to balance), many more steps, or "
        "an optimizer that scales the step of each weight separately."
    ),
    dials=(
        Dial("optimizer.kind", ("sgd", "adam"), "Adam scales each weight's step: is a norm still "
        "needed?"),
        Dial("steps", (100, 300, 3000), "Do raw features only need more time?"),
        Dial("network.depth", (1, 2, 4), "Do more layers make it worse?"),
    ),
    sources=(
        EFFICIENT_BACKPROP(
            "Inputs of mean 0 and equal variance make gradient descent converge faster.",
        ),
        IOFFE_SZEGEDY(
            "Batch norm extends the old advice to whiten the inputs to every layer.",
        ),
    ),
)  # fmt: skip
