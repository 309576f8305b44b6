"""Claim 6: batch norm belongs between the linear layer and the activation."""

from __future__ import annotations

from bnlab.claims.claim import Claim, Condition, Dial, Rival, Source, Study
from bnlab.claims.conditions import Arm, accuracy_at_best, against, condition
from bnlab.claims.papers import IOFFE_SZEGEDY
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar
from bnlab.spec.member import MemberSpec, NetworkSpec

ACTIVATIONS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}
RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
SEEDS = 10

_BASE = MemberSpec(
    network=NetworkSpec(depth=4, width=64), batch_size=64, steps=300, evaluate_every=50
)
# What a bias might precede; where batch norm comes after the activation: the activation.
BIASES: dict[str, dict[str, Scalar]] = {
    "batch norm": {"norm.kind": "batch"},
    "the activation with batch norm after it": {
        "norm.kind": "batch",
        "network.norm_placement": "after",
    },
    "layer norm": {"norm.kind": "layer"},
    "the activation without norm": {"norm.kind": "none"},
}

STUDIES = {
    "placement": Study(
        "Batch norm and layer norm before and after three activations.",
        Experiment(
            base=_BASE,
            variants={
                f"{kind} {place}": {"norm.kind": kind, "network.norm_placement": place}
                for kind in ("batch", "layer")
                for place in ("before", "after")
            },
            axes={"optimizer.lr": RATES, "network.activation": tuple(ACTIVATIONS)},
            seeds=SEEDS,
        ),
    ),
    "bias": Study(
        "What a bias in front of the norm would learn: its gradient in each of 100 steps.",
        Experiment(
            base=_BASE.replace({"steps": 100}),
            # By number, because names of variants have to be short.
            variants={f"bias {place}": changes for place, changes in enumerate(BIASES.values())},
            seeds=SEEDS,
        ),
        measurement="bias_gradient",
    ),
}


def _placed(kind: str, activation: str) -> Condition:
    row = list(ACTIVATIONS).index(activation)
    is_control = kind == "layer"
    return accuracy_at_best(
        ACTIVATIONS[activation] + (", layer norm" if is_control else ""),
        Arm("placement", f"{kind} before", "the norm before the activation", row),
        Arm("placement", f"{kind} after", "the norm after it", row),
        "No measurable difference: a convention.",
        kind="control" if is_control else "",
    )


def _bias(place: int, words: str) -> Condition:
    is_control = place > 0
    return condition(
        f"a bias in front of {words}",
        "gradient of the bias",
        "0",
        "number",
        "equal",
        metric="the largest gradient of the biases in 100 steps, as a share of the terms they sum",
        pairs=lambda evidence: against(
            evidence.answers("bias", "left", f"bias {place}")[:, 0], 0.0
        ),
        expected="Some gradient is left." if is_control else "Exactly 0, except for rounding.",
        smallest=0.001,
        unit="of the summed gradients",
        statistic="range",
        kind="control" if is_control else "",
    )


CLAIM = Claim(
    number=6,
    name="placement",
    title="Where it goes",
    statement=(
        "Batch norm belongs between the linear layer and the activation, and the linear layer "
        "then needs no bias."
    ),
    belief=(
        "The paper puts it there: the output of a linear layer is closer to normally distributed "
        "than that of an activation, so mean and variance describe it better. And subtracting the "
        "mean takes any constant away."
    ),
    studies=STUDIES,
    conditions=(
        *(_placed(kind, activation) for activation in ACTIVATIONS for kind in ("batch", "layer")),
        *(_bias(place, words) for place, words in enumerate(BIASES)),
    ),
    meaning={
        "supported": "Batch norm before the activation is better, and a bias in front of it is "
        "useless.",
        "depends": "That a bias in front of batch norm is useless is exact. There is no law for "
        "where batch norm should be placed: differences are about a point, and not "
        "always of the same sign.",
        "contradicted": "Batch norm after the activation is better here.",
        "no meaningful effect": "It makes no difference where batch norm is placed.",
        "inconclusive": "These seeds do not say where batch norm should be placed.",
    },
    explanation=(
        "Only one half of the statement is a law. A bias adds the same number to a unit's value "
        "for every example; batch norm subtracts the mean, and the number is gone. So the "
        "training loss does not depend on it, and its gradient is 0 at every step. Beta takes its "
        "place.\n\n"
        "For the placement there is no such argument. Before the activation, batch norm decides "
        "how much of the activation's range is used; after it, the next layer gets centred "
        "inputs, which the outputs of a sigmoid are not by themselves, while those of tanh are. "
        "Published comparisons go either way."
    ),
    rivals=(
        Rival(
            "Only the learning rate",
            "The two placements may prefer different rates. Here each has its own best one.",
        ),
    ),
    would_change=(
        "More seeds, which would settle differences of about a point; other architectures: in "
        "residual networks it also matters where the norm is placed relative to the skip."
    ),
    dials=(
        Dial("network.depth", (2, 4, 8, 16), "Does the placement matter more in deep networks?"),
        Dial("batch_size", (8, 64, 256), "And with noisier statistics?"),
        Dial("data.standardized", (True, False), "And with raw inputs?"),
    ),
    sources=(
        IOFFE_SZEGEDY(
            "Placed batch norm before the activation and left out the bias, whose role beta takes "
            "over (section 3.2).",
        ),
        Source(
            "Mishkin",
            2016,
            "caffenet-benchmark on GitHub",
            "A caffenet on ImageNet at 128 pixels: 47.1 % without batch norm, 47.4 % with it "
            "before ReLU, 49.9 % after it (no gamma and beta); a GoogLeNet 61.9, 60.7 and 59.6 %.",
        ),
    ),
    note=(
        "No measurable difference was expected between the placements. About a point was measured "
        "in favour of before with tanh, about a point in favour of after with sigmoid, and less "
        "with ReLU: no law either, but too close to a point for ten seeds to call it no effect. "
        "Layer norm, the control, is nearly three points better after the sigmoid. So what "
        "matters seems to be the activation, not the batch."
    ),
)
