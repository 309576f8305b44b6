"""Published measurements of what batch norm does, with the lab's own beside them.

The numbers are those of the papers. Comparable numbers share an axis; differences are stated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from bnlab.claims.claim import Scale, Source
from bnlab.claims.findings import Finding

Turn = Literal["as is", "negative", "inverse"]


@dataclass(frozen=True)
class Reported:
    """One published number on the common axis."""

    label: str
    value: float
    at: float | None = None  # the batch size, if that is the other axis
    is_checked: bool = True  # whether the number was checked in the paper itself


@dataclass(frozen=True)
class Ours:
    """One of the lab's own findings, shown beside them: the condition of a claim."""

    condition: str
    label: str
    at: float | None = None


@dataclass(frozen=True)
class Comparison:
    """One published table, and comparable findings of the lab."""

    name: str
    title: str
    axis: str  # what both sides measure, in words with the unit
    scale: Scale
    source: tuple[Source, ...]
    head: tuple[str, ...]  # the published table
    rows: tuple[tuple[str, ...], ...]
    reported: tuple[Reported, ...]
    claim: str
    ours: tuple[Ours, ...]
    turn: Turn  # how an effect of the claim becomes a number on the axis
    differs: tuple[str, ...]  # sentences
    across: str = ""  # the other axis, if it is numeric too

    def placed(self, findings: Sequence[Finding]) -> tuple[tuple[Ours, Finding], ...]:
        """Our known findings, each as a number on the axis."""
        found = {finding.condition: finding for finding in findings}
        known = ((ours, found.get(ours.condition)) for ours in self.ours)
        return tuple(
            (ours, _turned(finding, self.turn)) for ours, finding in known if finding is not None
        )


def _turned(finding: Finding, turn: Turn) -> Finding:
    low, effect, high = finding.low, finding.effect, finding.high
    if turn == "negative":
        low, effect, high = -high, -effect, -low
    if turn == "inverse":
        low, effect, high = (1 / end if end else math.inf for end in (high, effect, low))
    changed = {"low": low, "effect": effect, "high": high}
    return Finding(**{**vars(finding), **changed})


_IOFFE = Source(
    "Ioffe & Szegedy", 2015, "1502.03167",
    "Inception on ImageNet, trained until it is as good as without batch norm.",
)  # fmt: skip
_WU = Source(
    "Wu & He", 2018, "1803.08494", "ResNet-50 on ImageNet with batches of 32 to 2 images per GPU."
)

STEPS = Comparison(
    name="steps",
    title="Steps to the same accuracy",
    axis="Steps without batch norm over steps with it",
    scale="factor",
    source=(_IOFFE,),
    head=("Model", "First learning rate", "Steps to 72.2 %", "Best accuracy"),
    rows=(
        ("Inception", "0.0015", "31.0 million", "72.2 %"),
        ("BN-Baseline", "0.0015", "13.3 million", "72.7 %"),
        ("BN-x5", "0.0075", "2.1 million", "73.0 %"),
        ("BN-x30", "0.045", "2.7 million", "74.8 %"),
        ("BN-x5-Sigmoid", "0.0075", "never", "69.8 %"),
    ),
    reported=(
        Reported("BN-Baseline: batch norm alone", 31.0 / 13.3),
        Reported("BN-x5: also the rate and six other changes", 31.0 / 2.1),
        Reported("BN-x30: the same, higher rate", 31.0 / 2.7),
    ),
    claim="faster_training",
    ours=(
        Ours("sigmoid: steps", "Sigmoid, 3 × 100, digits"),
        Ours("ReLU: steps", "ReLU, 3 × 100, digits"),
        Ours("ReLU, standardized inputs: steps", "ReLU, standardized inputs"),
        Ours("spirals: steps", "ReLU, spirals"),
    ),
    turn="inverse",
    differs=(
        "The famous factor of 14 is not batch norm alone: BN-x5 also has another learning rate, "
        "no dropout, weaker weight decay, a faster decay of the rate, no local response "
        "normalization, better shuffled examples and fewer distortions. Batch norm alone gives "
        "2.3.",
        "Theirs: 1.2 million photographs, millions of steps, one run each. Ours: 1,200 digits of "
        "8 × 8 pixels (or points on spirals), up to 1,000 steps, each arm at its own best rate, "
        "8 or 16 seeds.",
        "The target: 72.2 % on 1,000 classes there, 90 % on ten classes here (on two, for "
        "spirals).",
    ),
)  # fmt: skip

BATCH_SIZE = Comparison(
    name="batch_size",
    title="Error over the batch size",
    axis="Error with batch norm minus error with group norm, percentage points",
    scale="points",
    source=(_WU,),
    head=("Images per GPU", "32", "16", "8", "4", "2"),
    rows=(
        ("Batch norm: error", "23.6 %", "23.7 %", "24.8 %", "27.3 %", "34.7 %"),
        ("Group norm: error", "24.1 %", "24.2 %", "24.0 %", "24.2 %", "24.1 %"),
    ),
    reported=tuple(
        Reported(f"ResNet-50, batch of {size}", batch - group, at=size)
        for size, batch, group in (
            (32, 23.6, 24.1), (16, 23.7, 24.2), (8, 24.8, 24.0), (4, 27.3, 24.2), (2, 34.7, 24.1),
        )
    ),
    claim="batch_size",
    ours=tuple(
        Ours(f"MLP, batch of {size} (m = {size})", f"Dense network, batch of {size}", at=size)
        for size in (2, 4, 8, 16, 32, 64, 128)
    ),
    turn="negative",
    across="Batch size",
    differs=(
        "Theirs is a convolutional network: the statistics of a channel pool over all positions "
        "of all images, so that a batch of two has about a hundred values even in the last "
        "layers. Ours on this axis is dense: a batch of two has two values per unit, and x_hat "
        "is always +1 or -1. So ours fails more severely at small batch sizes. The claim's page "
        "has a small convolutional network, too.",
        "Theirs: 100 epochs of ImageNet. Ours: 5 epochs of 1,200 digits.",
        "At 32 images per GPU they also measured layer norm, 25.3 %, and instance norm, 28.4 %.",
    ),
)  # fmt: skip

ONLY_GAMMA_AND_BETA = Comparison(
    name="only_gamma_and_beta",
    title="Only gamma and beta trained",
    axis="Accuracy above guessing, percentage points (90 would be perfect)",
    scale="points",
    source=(
        Source("Frankle, Schwab & Morcos", 2020, "2003.00152",
               "ResNets on CIFAR-10 whose weights stay random: only gamma and beta are trained."),
    ),
    head=("Network", "Accuracy", "All parameters trained"),
    rows=(
        ("ResNet-14", "48 %", "about 91 to 93 %"),
        ("ResNet-110", "69.5 %", "about 91 to 93 %"),
        ("ResNet-866", "82 %", "about 91 to 93 %"),
    ),
    reported=(
        Reported("ResNet-14", 48 - 10),
        Reported("ResNet-110", 69.5 - 10),
        Reported("ResNet-866", 82 - 10),
    ),
    claim="capacity",
    ours=(Ours("only gamma and beta, against guessing", "Dense network, digits"),),
    turn="as is",
    differs=(
        "Theirs: photographs, up to 866 convolutional layers, 160 epochs. Ours: digits, a few "
        "dense layers, a few hundred steps; digits are the easier task.",
        "Guessing is right one time in ten in both.",
    ),
)  # fmt: skip

WITH_AND_WITHOUT = Comparison(
    name="with_and_without",
    title="The same architecture with batch norm and without",
    axis="Accuracy with batch norm minus without, percentage points",
    scale="points",
    source=(
        Source("torchvision", 2017, "model zoo",
               "ImageNet accuracy of the VGG networks it offers, plain and with batch norm."),
        Source("Mishkin, Sergievskiy & Matas", 2016, "1606.02228",
               "caffenet-benchmark: CaffeNet and GoogLeNet on ImageNet at 128 pixels."),
    ),
    head=("Network", "Without", "With batch norm"),
    rows=(
        ("VGG-11", "69.02 %", "70.37 %"),
        ("VGG-13", "69.93 %", "71.59 %"),
        ("VGG-16 (unchecked)", "71.59 %", "73.36 %"),
        ("VGG-19", "72.38 %", "74.22 %"),
        ("CaffeNet at 128 pixels", "47.1 %", "47.8 % before, 49.3 % after the ReLU"),
        ("GoogLeNet at 128 pixels", "61.9 %", "60.7 % before, 59.6 % after the ReLU"),
    ),
    reported=(
        Reported("VGG-11", 70.37 - 69.02),
        Reported("VGG-13", 71.59 - 69.93),
        Reported("VGG-16", 73.36 - 71.59, is_checked=False),
        Reported("VGG-19", 74.22 - 72.38),
        Reported("CaffeNet, before the ReLU", 47.8 - 47.1),
        Reported("GoogLeNet, before the ReLU", 60.7 - 61.9),
    ),
    claim="architectures",
    ours=(
        Ours("VGG style", "VGG style, digits"),
        Ours("VGG style, 800 steps", "VGG style, digits, four times as long"),
        Ours("Inception style", "Inception style, digits"),
        Ours("ResNet style", "ResNet style, digits"),
    ),
    turn="as is",
    differs=(
        "Theirs are trained to the end; ours have four layers and 200 steps, VGG style also 800. "
        "An early difference may be one of speed, not of the final accuracy.",
        "The original VGG and GoogLeNet had no batch norm: these variants came later.",
        "GoogLeNet got worse with it: published results do not all point one way.",
    ),
)  # fmt: skip

PLACEMENT = Comparison(
    name="placement",
    title="Before the activation or after it",
    axis="Accuracy with batch norm before minus after the activation, percentage points",
    scale="points",
    source=(WITH_AND_WITHOUT.source[1],),
    head=("Network", "Before", "After"),
    rows=(
        ("CaffeNet", "47.4 %", "49.9 %"),
        ("CaffeNet, with gamma and beta", "47.8 %", "49.3 %"),
        ("GoogLeNet", "60.7 %", "59.6 %"),
    ),
    reported=(
        Reported("CaffeNet", 47.4 - 49.9),
        Reported("CaffeNet, with gamma and beta", 47.8 - 49.3),
        Reported("GoogLeNet", 60.7 - 59.6),
    ),
    claim="placement",
    ours=(
        Ours("ReLU", "ReLU, digits"),
        Ours("tanh", "tanh, digits"),
        Ours("sigmoid", "Sigmoid, digits"),
    ),
    turn="as is",
    differs=(
        "Theirs: one run each, on photographs; the two networks point in opposite directions. "
        "Ours: many seeds, four dense layers on digits.",
    ),
)

COMPARISONS: Final = (STEPS, BATCH_SIZE, ONLY_GAMMA_AND_BETA, WITH_AND_WITHOUT, PLACEMENT)
