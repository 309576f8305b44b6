"""Claim 5: batch norm regularizes, so that less dropout is needed."""

from __future__ import annotations

from bnlab.claims.claim import Claim, Condition, Dial, Direction, Rival, Source, Study
from bnlab.claims.conditions import (
    NORMS,
    Arm,
    accuracy_at_best,
    against,
    arms_at_best,
    condition,
    norms,
)
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.claims.papers import IOFFE_SZEGEDY, LUO
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar
from bnlab.spec.member import MemberSpec, NetworkSpec, NormSpec

SIZES = (100, 300, 1200)  # training examples
RATES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
SEEDS = 12
SHARE = 0.3  # of activations that dropout sets to 0
ARMS: dict[str, dict[str, Scalar]] = {
    **norms("none", "batch"),
    "dropout": {"norm.kind": "none", "network.dropout": SHARE},
    "batch + dropout": {"norm.kind": "batch", "network.dropout": SHARE},
    "ghost": {"norm.kind": "batch_ghost"},
    **norms("layer"),
}
NAMES = NORMS | {
    "none": "neither",
    "dropout": "dropout",
    "batch + dropout": "batch norm and dropout",
    "ghost": "batch norm by 8 examples",
}

_BASE = MemberSpec(
    network=NetworkSpec(depth=2, width=128),
    norm=NormSpec(ghost_size=8),
    batch_size=32,
    steps=400,
    evaluate_every=50,
)

STUDIES = {
    "sizes": Study(
        "Digits with 100, 300 and 1200 training examples: no norm, batch norm, dropout, both, "
        "batch norm by groups of 8 examples, layer norm.",
        Experiment(
            base=_BASE,
            variants=ARMS,
            axes={"optimizer.lr": RATES, "data.train_size": SIZES},
            seeds=SEEDS,
        ),
    ),
    "shift": Study(
        "What batch norm layers with dropout in front of them see in training and at test time.",
        Experiment(
            base=_BASE.replace({"optimizer.lr": 0.1, "norm.kind": "batch"}),
            variants={"without": {"network.dropout": 0.0}, "with": {"network.dropout": SHARE}},
            seeds=SEEDS,
        ),
        measurement="variance_shift",
    ),
}


def _arm(variant: str, size: int) -> Arm:
    return Arm("sizes", variant, NAMES[variant], SIZES.index(size))


def _accuracy(
    name: str,
    first: str,
    second: str,
    size: int,
    expected: str,
    *,
    direction: Direction = "more",
    kind: str = "",
) -> Condition:
    return accuracy_at_best(
        f"{name}, {size} examples",
        _arm(first, size),
        _arm(second, size),
        expected,
        direction=direction,
        kind=kind,
    )


def _loss(name: str, first: str, size: int, *, kind: str = "") -> Condition:
    arms = (_arm(first, size), _arm("none", size))
    return condition(
        f"{name}, {size} examples",
        NAMES[first],
        NAMES["none"],
        "factor",
        "less",
        metric="test loss, each at the learning rate of least validation loss",
        pairs=arms_at_best(*arms, "test_loss", "validation_loss"),
        expected="If there is a gain it is in the loss, and layer norm has it as well.",
        kind=kind,
    )


def _shift(variant: str, name: str, expected: str, *, kind: str = "") -> Condition:
    return condition(
        f"{name}: variance shift",
        "variance in training",
        "variance at test time",
        "factor",
        "more",
        metric="variance of the input to the second batch norm",
        pairs=lambda evidence: against(evidence.answers("shift", "ratio", variant)[:, 0, -1], 1.0),
        expected=expected,
        kind=kind,
    )


def _price(evidence: Evidence) -> Pairs:
    return Pairs(*(evidence.answers("shift", name, "with")[:, 0] for name in ("exact", "running")))


SMALL = "Small, with a sign that depends on the data and the rates."
REPLACES = "Not better than dropout: it does not replace it."

CLAIM = Claim(
    number=5,
    name="regularization",
    title="Regularization",
    statement="Batch norm regularizes, so that dropout is needed less or not at all.",
    belief=(
        "Each example is normalized with the mean and spread of its whole minibatch: that is "
        "noise, different at each step, and noise keeps a network from learning its examples by "
        "heart. The paper removed dropout and lost nothing."
    ),
    studies=STUDIES,
    conditions=(
        *(_accuracy("accuracy", "batch", "none", size, SMALL) for size in SIZES),
        *(_loss("loss", "batch", size) for size in SIZES),
        *(_accuracy("instead of dropout", "batch", "dropout", size, REPLACES) for size in SIZES),
        _accuracy("dropout on top", "batch + dropout", "batch", 300, SMALL, direction="equal"),
        _accuracy("groups of 8", "ghost", "batch", 300, "Smaller groups are noisier."),
        _shift(
            "with",
            "dropout before batch norm",
            "Larger in training, according to the formula of Li and others.",
        ),
        condition(
            "dropout before batch norm: its price",
            "statistics without dropout",
            "running statistics",
            "points",
            "more",
            metric="test accuracy with statistics of the training part computed without dropout, "
            "and with the running ones",
            pairs=_price,
            expected="On CIFAR-100 the shift cost accuracy in networks of many layers.",
        ),
        _shift("without", "no dropout", "None.", kind="control"),
        *(_loss("layer norm, loss", "layer", size, kind="control") for size in SIZES),
        _accuracy(
            "dropout", "dropout", "none", 300, "What dropout does on its own.", kind="control"
        ),
    ),
    meaning={
        "supported": "Batch norm lowers the error on new examples as dropout does.",
        "depends": "What batch norm does for new examples depends on how many there are to learn "
        "from and on whether errors or loss are counted; it does little here, and "
        "layer norm lowers the loss about as much.",
        "contradicted": "Batch norm is worse on new examples here.",
        "no meaningful effect": "Batch norm regularizes too little to show here.",
        "inconclusive": "These seeds do not say whether batch norm regularizes.",
    },
    explanation=(
        "The noise is there (claim 15 measures it), but with 32 examples it is small: a mean of "
        "32 is off by about 1/6 of the spread. The noise of dropout in the input to a unit of the "
        "next layer is nearly four times as large here, as the variance shift shows.\n\n"
        "Accuracy and loss are two different things. A network that is too confident in its few "
        "errors has a high loss at the same accuracy; a norm may keep the outputs from growing as "
        "fast.\n\n"
        "Dropout in front of batch norm has its own price. A unit's input keeps its mean when "
        "other units are dropped, but its variance grows; the running statistics contain the "
        "variance of training, and predictions are divided by the wrong spread."
    ),
    rivals=(
        Rival(
            "Any norm would do",
            "Layer norm has no noise from the batch. A gain that it shares does not come from "
            "that noise.",
        ),
        Rival(
            "Only the learning rate",
            "Large rates also regularize, and batch norm tolerates them. Here each arm has its "
            "own best rate.",
        ),
    ),
    would_change=(
        "Smaller minibatches or groups make the noise larger; wrong labels (claim 15) give it "
        "something to do; at a fixed learning rate either arm may win."
    ),
    dials=(
        Dial("batch_size", (16, 32, 64), "The smaller, the noisier the statistics."),
        Dial("network.depth", (2, 4, 8), "Noise enters at every layer."),
        Dial("data.wrong_labels", (0.0, 0.2, 0.4), "Something that should not be memorized."),
    ),
    sources=(
        IOFFE_SZEGEDY(
            "Inception with batch norm and without dropout reached higher validation accuracy.",
        ),
        Source(
            "Li, Chen, Hu & Yang",
            2018,
            "1801.05134",
            "Dropout in front of batch norm shifts the variance between training and testing; "
            "dropout after the last batch norm does not.",
        ),
        LUO(
            "Batch norm's noise acts like a penalty on gamma that depends on the size of the "
            "minibatch.",
        ),
    ),
    note=(
        "As expected, the effects are small: in accuracy about a point with 100 and 300 examples "
        "and less with 1200; in loss nothing with 100, about 15 and 22 % less with 300 and 1200. "
        "No interval lies entirely beyond the smallest effect of interest, and layer norm lowers "
        "the loss as much. Batch norm is not shown to be better than dropout at any size, nor is "
        "it a point worse. That says little about replacing dropout, because dropout itself gains "
        "hardly anything in networks this small (0.4 points, −0.3 to 1.2, with 300 examples). The "
        "variance shift is there; with one batch norm after one dropout it does not cost anything "
        "yet."
    ),
)
