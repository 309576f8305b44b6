"""Claim 9: batch norm makes networks more accurate."""

from __future__ import annotations

from bnlab.claims.claim import Claim, Condition, Dial, Rival, Study
from bnlab.claims.conditions import NORMS, Arm, accuracy_at_best, norms
from bnlab.claims.papers import FIXUP, IOFFE_SZEGEDY, NFNET
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec

# Half of the digits: with all of them no network makes enough errors to show a difference.
BASES = {
    "digits": MemberSpec(
        data=DataSpec(name="digits", train_size=600),
        network=NetworkSpec(depth=2, width=64),
        batch_size=32,
    ),
    "wine": MemberSpec(
        data=DataSpec(name="wine"), network=NetworkSpec(depth=2, width=32), batch_size=32
    ),
    "breast cancer": MemberSpec(
        data=DataSpec(name="breast_cancer"),
        network=NetworkSpec(depth=2, width=32),
        batch_size=32,
    ),
    "spirals": MemberSpec(
        data=DataSpec(name="spirals"), network=NetworkSpec(depth=3, width=32), batch_size=32
    ),
}
RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
FEW = {"digits": 20, "wine": 10, "breast cancer": 10, "spirals": 100}
MANY = {"digits": 500, "wine": 200, "breast cancer": 200, "spirals": 1000}
SEEDS = 16

QUICKER = "Ahead where it trains faster: this is speed, measured early."
SAME = "No law: on small data sets a point or less, either way."
CONTROL = "Shows what a norm does that does not use the batch."


def _study(name: str, base: MemberSpec) -> Study:
    few, many = FEW[name], MANY[name]
    return Study(
        f"{name[0].upper()}{name[1:]}: no norm, batch norm and layer norm at learning rates from "
        f"{RATES[0]:g} to {RATES[-1]:g}, for {few} steps and for {many}.",
        Experiment(
            base=base.replace({"evaluate_every": max(1, many // 10)}),
            variants=norms("none", "batch", "layer"),
            axes={"optimizer.lr": RATES, "steps": (few, many)},
            seeds=SEEDS,
        ),
    )


def _compared(study: str, norm: str, row: int) -> Condition:
    after = (f"after {FEW[study]} steps", f"after {MANY[study]} steps")[row]
    is_control = norm == "layer"
    first, second = (Arm(study, kind, NORMS[kind], row) for kind in (norm, "none"))
    return accuracy_at_best(
        f"{study} {after}" + (", layer norm" if is_control else ""),
        first,
        second,
        CONTROL if is_control else (QUICKER, SAME)[row],
        smallest=0.5,
        kind="control" if is_control else "",
    )


CLAIM = Claim(
    number=9,
    name="accuracy",
    title="Higher accuracy",
    statement="Networks with batch norm are more accurate and generalize better.",
    belief=(
        "On ImageNet they were: well-known winners from 2015 on, such as ResNet, had batch norm, "
        "and adding it to a network lowered its error."
    ),
    studies={name: _study(name, base) for name, base in BASES.items()},
    conditions=tuple(
        _compared(study, arm, row)
        for study in BASES
        for arm in ("batch", "layer")
        for row in (0, 1)
    ),
    meaning={
        "supported": "Test accuracy is higher with batch norm on all of these data sets.",
        "depends": "Whether batch norm is more accurate depends on the data set, and on whether "
        "training stops early. It is not a law.",
        "contradicted": "Batch norm is less accurate here.",
        "no meaningful effect": "These networks are equally accurate with and without batch norm.",
        "inconclusive": "These seeds do not say which is more accurate.",
    },
    explanation=(
        "Two things are easily confused. A network that learns faster is ahead when training "
        "stops early: that is speed (claim 3). A network that generalizes better is ahead when "
        "both have been trained to the end, each at its own best learning rate.\n\n"
        "Small networks on small data come close to what the data allow without any norm. The "
        "difference that remains at the end is a point or so, and only on the digits is it more "
        "than chance. On ImageNet, too, networks that train without batch norm gained little more "
        "from it: half a point (Inception) to nearly two (VGG, see the page Published figures). "
        "Much deeper ones hardly trained without it until their initial weights were chosen "
        "better."
    ),
    rivals=(
        Rival(
            "Only faster",
            "Compare the conditions after few steps with those after many: a gain that fades was "
            "a gain in speed.",
        ),
        Rival(
            "Only the learning rate",
            "At one rate for all arms, the arm that it suits best wins. Here each arm has its own "
            "best rate.",
        ),
        Rival("Any norm would do", "Layer norm is the control: it does not use the batch."),
    ),
    would_change=(
        "Deeper networks that do not train without a norm, more data, or the same learning rate "
        "for all arms."
    ),
    dials=(
        Dial(
            "network.depth", (2, 3, 8, 16), "Where networks without a norm fail, does any norm win?"
        ),
        Dial("network.activation", ("relu", "tanh", "sigmoid"), "Sigmoids need more help."),
        Dial("batch_size", (4, 16, 32, 64), "Small minibatches make batch norm less accurate."),
        Dial(
            "optimizer.weight_decay", (0.0, 0.001, 0.01), "Does weight decay remove the difference?"
        ),
    ),
    sources=(
        IOFFE_SZEGEDY(
            "On ImageNet the best accuracy of an Inception network rose from 72.2 % to 72.7 % "
            "with batch norm alone, and to 74.8 % with 30 times the learning rate and other "
            "changes.",
        ),
        FIXUP(
            "Residual networks without any norm train well once their initial weights are scaled "
            "according to their depth.",
        ),
        NFNET(
            "Networks without any norm reached higher accuracy on ImageNet than the batch-norm "
            "networks of the time.",
        ),
    ),
    note=(
        "As expected, there is no law. On the digits batch norm is ahead at the end by 1.4 "
        "points, a little more than expected. On the spirals it is ahead by 14 points early, and "
        "at the end by an amount that cannot be distinguished from zero. Layer norm shows neither "
        "gain, and is 14 points behind no norm early on the spirals. Wine and breast cancer "
        "remain open. Their test parts are small, 35 and 114 examples, so one more error costs "
        "2.9 and 0.9 points: 16 seeds cannot resolve half a point there."
    ),
)
