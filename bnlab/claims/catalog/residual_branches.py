"""Claim 16: batch norm makes the branches of residual networks small, so that they train."""

from __future__ import annotations

from bnlab.claims.claim import Claim, Condition, Dial, Rival, Study
from bnlab.claims.conditions import (
    NORMS,
    Arm,
    accuracy_at_best,
    against,
    condition,
    count_reached,
    norms,
)
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.claims.papers import DE_SMITH, FIXUP, HE_RESNET
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import MemberSpec, NetworkSpec

DEPTH = 64
SMALL = "none small branches"
ARMS = NORMS | {SMALL: "small branches"}
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
VARIANTS = norms("none", "batch", "layer")


def _first_weights(activation: str, words: str) -> Study:
    network = NetworkSpec(depth=DEPTH, width=64, skips=True)
    base = MemberSpec(network=network, batch_size=128, steps=1)
    return Study(
        f"{words}: {DEPTH} layers with skips at initialization, and how large each branch is "
        "relative to its skip.",
        Experiment(
            base=base.replace({"network.activation": activation}), variants=VARIANTS, seeds=8
        ),
        measurement="branch_share",
    )


_TRAINED = Experiment(
    base=MemberSpec(
        network=NetworkSpec(depth=DEPTH, width=32, skips=True), steps=200, evaluate_every=100
    ),
    variants=VARIANTS | {SMALL: {"norm.kind": "none", "network.gain": 1 / DEPTH**0.5}},
    axes={"optimizer.lr": RATES},
    seeds=8,
    target=0.8,
)


def _share(norm: str, expected: str) -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        arms = (evidence.answers("relu", "ratio", arm) for arm in (norm, "none"))
        return Pairs(*(ratio[:, 0, -1] for ratio in arms))

    is_control = norm != "batch"
    return condition(
        "Share of the last branch" + (f", {NORMS[norm]}" if is_control else ""),
        NORMS[norm],
        "no norm",
        "factor",
        "less",
        metric="variance of the last branch over that of its skip, ReLU, at initialization",
        pairs=pairs,
        expected=expected,
        kind="control" if is_control else "",
    )


def _slope(study: str, name: str, expected: str) -> Condition:
    return condition(
        f"Shrinks as one over its number, {name}",
        "measured slope",
        "-1",
        "number",
        "equal",
        metric="slope of ln(branch / skip) over ln(number of the branch), with batch norm",
        pairs=lambda evidence: against(evidence.answers(study, "slope", "batch")[:, 0], -1.0),
        expected=expected,
        smallest=0.1,
        unit="of slope",
        kind="check",
    )


def _rates(arm: str, expected: str, *, kind: str = "") -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        arms = (evidence.numbers("trained", "steps_to_target", one) for one in (arm, "none"))
        return Pairs(*(count_reached(steps[0]) for steps in arms))

    return condition(
        f"Learning rates that train, {ARMS[arm]}",
        ARMS[arm],
        "no norm",
        "number",
        "more",
        metric=f"how many of {len(RATES)} learning rates reach 80 % validation accuracy",
        pairs=pairs,
        expected=expected,
        smallest=1.0,
        unit="rates",
        kind=kind,
    )


CLAIM = Claim(
    number=16,
    name="residual_branches",
    title="Residual branches",
    statement="Batch norm makes the branches of deep residual networks small relative to the "
    "skips, and that is why they train.",
    belief=(
        "Each branch adds something of the same size, because its layer is normalized. What "
        "passes through the skips is the sum of all previous branches, and grows. So branch "
        "number k is about one k-th of what it is added to, and a deep network starts out close "
        "to a shallow one."
    ),
    studies={
        "relu": _first_weights("relu", "ReLU"),
        "linear": _first_weights("identity", "No activation"),
        "trained": Study(
            f"ReLU, {DEPTH} layers with skips, trained at {len(RATES)} learning rates: with each "
            "norm, and without a norm but with initial weights divided by the square root of the "
            "depth, which makes the branches small.",
            _TRAINED,
        ),
    },
    conditions=(
        _share("batch", "About 1/63 with batch norm, about 1 without."),
        _share("layer", "As small: any norm in the branch fixes its size."),
        _slope("linear", "no activation", "-1: branches have mean 0 and are independent of the "
        "skips."),
        _slope("relu", "ReLU", "-1, if branches with a nonzero mean behave like those without."),
        _rates("batch", "Without a norm activations double with each layer; nothing trains."),
        _rates(SMALL, "Small branches are what is needed (De & Smith 2020)."),
        _rates("layer", "Layer norm also makes branches small.", kind="control"),
        accuracy_at_best(
            "Small branches as accurate as batch norm",
            Arm("trained", SMALL, ARMS[SMALL]),
            Arm("trained", "batch", "batch norm"),
            "Equally accurate, if small branches are all that batch norm contributes.",
            metric="test accuracy at the end, each at its best learning rate",
            direction="equal",
            kind="control",
        ),
    ),
    meaning={
        "supported": "With batch norm late branches are a tiny part of what they are added to, "
        "and 64 layers train, which they do not without it; small branches without "
        "any norm do the same.",
        "depends": "Branches are small with batch norm, but that alone does not decide whether "
        "the network trains.",
    },
    explanation=(
        "With He's initialization and no norm each branch is about as large as what it is added "
        "to. So the sum grows by a factor in each layer; after 64 layers it has left the range in "
        "which any learning rate works. With batch norm a branch has the same size whatever its "
        "input. The sum grows by one branch per layer, and each branch is a smaller part of it: "
        "without an activation exactly one over its number, as the check shows.\n\n"
        "A network whose branches are small is close to one without them, that is, to a shallow "
        "network, and is easier to train. Batch norm is not needed for this. Dividing the initial "
        "weights by the square root of the depth also makes branches small, and such networks "
        "train without a norm."
    ),
    rivals=(
        Rival(
            "Any norm would do",
            "Yes: layer norm makes branches even smaller, and trains at more learning rates.",
        ),
        Rival(
            "The batch matters",
            "If it did, small branches without a norm would train worse than batch norm. They do "
            "better here, after the same number of steps.",
        ),
    ),
    would_change=(
        "A norm after the sum instead of in the branch makes all branches equally large again. "
        "With fewer layers the sum grows less: ten layers with skips also learn without a norm, "
        "though not as well."
    ),
    dials=(
        Dial("network.depth", (10, 64), "Do shallower networks train without small branches?"),
        Dial("network.norm_placement", ("before", "after"), "With the norm after the activation "
        "branches have mean 0: do they shrink "
        "as one over their number?"),
        Dial("steps", (200, 600), "Does batch norm catch up with small branches?"),
    ),
    sources=(
        DE_SMITH(
            "Batch norm scales branches down by about the square root of the depth at "
            "initialization; a learned factor that starts at 0 makes deep networks trainable "
            "without it.",
        ),
        FIXUP(
            "Residual networks of up to 10,000 layers train without any norm once the initial "
            "weights of their branches are scaled down (and a few scalars are learned).",
        ),
        HE_RESNET(
            "Residual networks of more than a hundred layers, with batch norm after each "
            "convolution, train better than shallower ones.",
        ),
    ),
    note=(
        "In ReLU networks branches shrink faster than one over their number. In the networks of "
        "De & Smith a branch ends in a linear layer and has mean 0; here it ends in ReLU. It is "
        "never negative, so the sum gets a part that all units share. That part grows from layer "
        "to layer in the same few examples, and the skip grows with it. Small branches without a "
        "norm were expected to be as accurate as batch norm; after 200 steps they were more "
        "accurate, 95 against 87 %. So batch norm's branches are small, but small branches are "
        "not all that it contributes: something else slows it down here, which this experiment "
        "does not identify."
    ),
)  # fmt: skip
