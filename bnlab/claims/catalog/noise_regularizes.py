"""Claim 15: the noise of the minibatch's statistics regularizes."""

from __future__ import annotations

import numpy as np

from bnlab.claims.claim import Claim, Condition, Dial, Rival, Study
from bnlab.claims.conditions import NORMS, Arm, accuracy_at_best, against, condition, norms
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.claims.papers import HOFFER, IOFFE_SZEGEDY, LUO
from bnlab.results.frames import Array
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec

BATCHES = (4, 8, 16, 32, 64, 128, 256)
SMALL, LARGE = (4, 16), (32, 256)  # between which sizes a slope is fitted
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
EQUAL = 0.1  # a rate at which all arms also learn the wrong labels
GHOSTS = (4, 8, 16, 32)

_FROZEN = MemberSpec(network=NetworkSpec(depth=2, width=64), steps=200)
_ASKED = {"draws": 32, "examples": 8}

_NOISE = Study(
    "Trained networks are frozen, and some digits are classified along with different other "
    "examples each time, in minibatches of 4 to 256.",
    Experiment(
        base=_FROZEN.replace({"norm.kind": "batch"}),
        variants={
            "raw": {"data.standardized": False},
            "standardized": {"data.standardized": True},
        },
        seeds=16,
    ),
    measurement="companion_noise",
    settings=_ASKED | {"batch_sizes": BATCHES},
)
_LAYER = Study(
    "The same with layer norm, which does not look at the other examples, in minibatches of 64.",
    Experiment(
        base=_FROZEN.replace({"data.standardized": False}),
        variants=norms("layer"),
        seeds=16,
    ),
    measurement="companion_noise",
    settings=_ASKED | {"batch_sizes": (64,)},
)

ARMS: dict[str, dict[str, Scalar]] = {
    **norms("none", "batch"),
    **{f"ghost {size}": {"norm.kind": "batch_ghost", "norm.ghost_size": size} for size in GHOSTS},
    **norms("layer"),
    "dropout": {"norm.kind": "none", "network.dropout": 0.3},
}

_LABELS = Study(
    "512 digits with 30 % wrong labels, minibatches of 64: without a norm, with batch norm over "
    "all 64 or over smaller groups of them, with layer norm, with dropout.",
    Experiment(
        base=MemberSpec(
            data=DataSpec(name="digits", train_size=512, wrong_labels=0.3),
            network=NetworkSpec(depth=2, width=64),
            batch_size=64,
            steps=400,
            evaluate_every=50,
        ),
        variants=ARMS,
        axes={"optimizer.lr": RATES},
        seeds=16,
    ),
)


def slope(evidence: Evidence, variant: str, sizes: tuple[int, int]) -> Array:
    """Slope (S,) of ln(noise) over ln(B) between two batch sizes."""
    first, last = (BATCHES.index(size) for size in sizes)
    chosen = slice(first, last + 1)
    noise = evidence.answers("noise", "noise", variant)[:, 0, chosen]
    x = np.log(BATCHES[chosen])
    x = (x - x.mean()) / np.square(x - x.mean()).sum()
    slopes: Array = np.log(noise) @ x
    return slopes


def _slope(
    name: str, variant: str, sizes: tuple[int, int], expected: str, *, kind: str = "check"
) -> Condition:
    return condition(
        name,
        "measured",
        "1 / sqrt(B)",
        "number",
        "equal",
        metric="slope of ln(noise of the logits) over ln(batch size)",
        pairs=lambda evidence: against(slope(evidence, variant, sizes), -0.5),
        expected=expected,
        smallest=0.05,
        unit="of slope",
        kind=kind,
    )


def _there_is_noise() -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        noise = evidence.answers("noise", "noise", "raw")[:, 0, BATCHES.index(64)]
        return Pairs(noise, evidence.answers("layer", "noise", "layer")[:, 0, 0])

    return condition(
        "There is noise, batches of 64",
        "batch norm",
        "layer norm",
        "number",
        "more",
        metric="standard deviation of a logit over draws of the other examples in the minibatch, "
        "in units of its standard deviation over the examples",
        pairs=pairs,
        expected="Some with batch norm, none at all with layer norm.",
        smallest=0.05,
        unit="spreads",
    )


def _arm(variant: str) -> Arm:
    is_ghost = variant.startswith("ghost")
    words = f"groups of {variant[6:]}" if is_ghost else NORMS.get(variant, variant)
    return Arm("labels", variant, words)


def _labels(name: str, first: str, second: str, expected: str) -> Condition:
    return accuracy_at_best(
        f"Wrong labels, {name}",
        _arm(first),
        _arm(second),
        expected,
        metric="test accuracy, each at its best learning rate",
        smallest=0.5,  # of 16 seeds or more
        kind="control" if first in ("layer", "dropout") else "",
    )


def _by_heart(first: str, second: str, expected: str) -> Condition:
    def pairs(evidence: Evidence) -> Pairs:
        place = RATES.index(EQUAL)
        arms = (evidence.numbers("labels", "test_accuracy", arm) for arm in (first, second))
        return Pairs(*(numbers[0, place] for numbers in arms))

    return condition(
        f"Learned by heart, {_arm(first).words}",
        _arm(first).words,
        _arm(second).words,
        "points",
        "more",
        metric=f"test accuracy, at the learning rate {EQUAL:g}",
        pairs=pairs,
        expected=expected,
        smallest=0.5,
        kind="check",
    )


CLAIM = Claim(
    number=15,
    name="noise_regularizes",
    title="Noise that regularizes",
    statement="The statistics of a minibatch are noisy, and this noise regularizes.",
    belief=(
        "Which other examples are in the minibatch is random, so each example gets a slightly "
        "different mean and variance each time. Dropout is also noise, and regularizes."
    ),
    studies={"noise": _NOISE, "layer": _LAYER, "labels": _LABELS},
    conditions=(
        _there_is_noise(),
        _slope(
            "Noise falls with the batch size, 32 to 256", "raw", LARGE,
            "The slope is -1/2: a mean of B draws is off by sigma / sqrt(B).", kind="",
        ),
        _labels("batch norm", "batch", "none", "Little with groups as large as 64."),
        *(
            _labels(
                f"groups of {size}", f"ghost {size}", "batch",
                "It helps." if size <= 4 else "Little: only very small groups help.",
            )
            for size in GHOSTS
        ),
        _labels("layer norm", "layer", "none", "None: it has no such noise."),
        _labels("dropout", "dropout", "none", "It helps."),
        _labels(
            "dropout against groups of 4", "dropout", "ghost 4", "It helps more."
        ),
        *(
            _by_heart(first, second, expected)
            for first, second, expected in (
                ("batch", "none", "Little."),
                ("ghost 16", "batch", "Some."),
                ("ghost 4", "batch", "It helps: nothing else stops the wrong labels from being "
                "learned here."),
                ("dropout", "none", "It helps."),
            )
        ),
        _slope(
            "Noise falls with the batch size, 4 to 16", "raw", SMALL,
            "A flatter slope: noise as large as the signal stops growing.",
        ),
        _slope(
            "Noise falls with the batch size, standardized inputs", "standardized", LARGE,
            "A flatter slope.",
        ),
    ),
    meaning={
        "supported": "The noise is there, falls as 1 / sqrt(B), and improves test accuracy in "
        "every condition.",
        "depends": "The noise is there and falls as 1 / sqrt(B). At the best rate of each arm it "
        "gains little; where nothing else keeps wrong labels from being learned it "
        "gains more, the smaller the groups are that share a mean (the checks).",
    },
    explanation=(
        "A mean of B independent draws is off by sigma / sqrt(B). The logits depend smoothly on "
        "the means and variances, so as long as these are off by little, the logits are off in "
        "proportion. At B = 4 they are off by half of what distinguishes the examples: an error "
        "that large can no longer grow in proportion, and the slope is flatter.\n\n"
        "A network that memorizes wrong labels has to treat single examples individually. Under "
        "noise an example never looks the same twice, which makes that harder, while what many "
        "examples have in common remains. With 64 examples in a group the noise is about a sixth "
        "of the spread of the logits, with 4 half of it."
    ),
    rivals=(
        Rival(
            "Early stopping",
            "With a small learning rate training ends before the wrong labels are learned, which "
            "achieves most of what noise could do. The checks at a larger rate show what the "
            "noise does when nothing else helps.",
        ),
        Rival(
            "Normalizing, not its noise",
            "Layer norm normalizes without noise. Groups of different sizes all normalize in the "
            "same way and differ only in the noise.",
        ),
        Rival(
            "Different statistics at test time",
            "Small groups are tested with steadier statistics than they had in training. As with "
            "dropout, this is part of the method: noise during training, none at test time.",
        ),
    ),
    would_change=(
        "Inputs with rare large values: the error of a mean over few examples is then far from "
        "sigma / sqrt(B), and the slope is flatter, as with standardized digits, where some "
        "pixels are almost always empty. Fewer wrong labels, more examples or shorter training "
        "leave the noise less to do."
    ),
    dials=(
        Dial("data.wrong_labels", (0.0, 0.3, 0.6), "Without wrong labels: is there still a gain?"),
        Dial("data.train_size", (256, 512, 1024), "More examples are harder to memorize."),
        Dial("steps", (100, 200, 400), "Shorter training: less is memorized."),
    ),
    sources=(
        HOFFER(
            "Large minibatches generalize better when they are normalized in small groups.",
        ),
        LUO(
            "Batch norm's noise acts like a penalty on gamma that depends on the size of the "
            "minibatch.",
        ),
        IOFFE_SZEGEDY(
            "Each example is seen together with others, and dropout could be removed or weakened.",
        ),
    ),
    note=(
        "Only very small groups were expected to help. At the rates that are best for each, most "
        "of which are small, groups of any size are about a point above batch norm over 64, which "
        "16 seeds can hardly distinguish from half a point: slow learning may already have kept "
        "most wrong labels out. At the rate 0.1, where networks memorize the labels, the order is "
        "as expected: about nothing for groups of 64, 4 points for 16, 11 for 4, and 12 for "
        "dropout. Dropout was expected to help more than groups of 4; it is a point ahead, which "
        "16 seeds cannot distinguish from zero."
    ),
)  # fmt: skip
