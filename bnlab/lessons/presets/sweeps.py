"""Sweeps to start from, each with a statement that a test checks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from bnlab.lessons.presets.preset import Preset
from bnlab.results.sweeps.metrics import MetricName
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec, NormSpec, OptimizerSpec


@dataclass(frozen=True)
class CellCondition:
    """The final mean validation accuracy of a variant at a place lies between two bounds.

    A network that has diverged counts as 0.
    """

    variant: str
    point: tuple[Scalar, ...]  # one value per axis
    above: float = -math.inf
    below: float = math.inf


@dataclass(frozen=True, kw_only=True)
class SweepPreset(Preset):
    """A sweep that shows one thing, and what it shows."""

    why: str  # what it shows, in plain words with its source; shown beside the maps
    statement: tuple[CellCondition, ...]  # in numbers; tested on other seeds
    metric: MetricName = "validation_accuracy"


_LEARNING_RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_GAINS = (0.1, 0.18, 0.32, 0.56, 1.0, 1.8, 3.2, 5.6, 10.0)
_RAW = DataSpec(name="digits", standardized=False)


def _norms(*kinds: str) -> dict[str, dict[str, Scalar]]:
    return {kind: {"norm.kind": kind} for kind in kinds}


LEARNING_RATE_BY_NORM = SweepPreset(
    name="learning-rate-norm",
    title="Learning rate × norm",
    story="How large a learning rate does each norm tolerate? Nine of them, from 0.003 to 30.",
    why="Up to 0.3 every network learns; those with a norm are somewhat faster. At 1 the network "
    "without a norm fails, layer and group norm still train, RMS norm does for most seeds; at 3 "
    "only batch norm is left, and at 30 nothing. Under batch norm a huge step makes the weights "
    "long, and long weights turn slowly, so the network stabilizes itself. Source: Bjorck 2018 "
    "(1806.02375); van Laarhoven 2017 (1706.05350).",
    experiment=Experiment(
        base=MemberSpec(
            data=_RAW, network=NetworkSpec(depth=3, width=64), steps=200, evaluate_every=10
        ),
        variants=_norms("none", "batch", "layer", "group", "rms"),
        axes={"optimizer.lr": _LEARNING_RATES},
        seeds=5,
    ),
    statement=(
        CellCondition("none", (0.1,), above=0.85),
        CellCondition("batch", (0.1,), above=0.9),
        CellCondition("none", (1.0,), below=0.5),
        CellCondition("layer", (1.0,), above=0.7),
        CellCondition("group", (1.0,), above=0.7),
        CellCondition("batch", (3.0,), above=0.9),
        CellCondition("layer", (3.0,), below=0.5),
        CellCondition("group", (3.0,), below=0.5),
        CellCondition("rms", (3.0,), below=0.5),
        CellCondition("batch", (30.0,), below=0.5),
    ),
)

GAIN_BY_DEPTH = SweepPreset(
    name="gain-depth",
    title="Gain × depth",
    story="The initial weights are made smaller or larger by a factor, the gain, in networks "
    "with 1 to 16 hidden layers.",
    why="A gain acts once per layer, so in a network of eight layers a factor of 2 becomes one "
    "of 256. Without a norm, the range of gains that train shrinks with depth to a narrow wedge "
    "around 1, and at 16 layers none trains well. Batch norm divides by whatever spread it "
    "finds, and nearly every gain trains. A large gain is not free, though: gradients shrink by "
    "it, and deep networks learn slowly at the right end of the map. Source: Ioffe & Szegedy "
    "2015 (1502.03167), section 3.3; van Laarhoven 2017 (1706.05350).",
    experiment=Experiment(
        base=MemberSpec(
            data=_RAW, network=NetworkSpec(depth=5, width=64), steps=300, evaluate_every=15
        ),
        variants=_norms("none", "batch"),
        axes={"network.gain": _GAINS, "network.depth": (1, 2, 3, 5, 8, 12, 16)},
        seeds=3,
    ),
    statement=(
        CellCondition("none", (1.0, 5), above=0.85),
        CellCondition("none", (0.1, 5), below=0.3),
        CellCondition("none", (5.6, 5), below=0.3),
        CellCondition("none", (0.1, 1), above=0.9),
        CellCondition("none", (10.0, 1), above=0.85),
        CellCondition("none", (0.32, 8), below=0.3),
        CellCondition("none", (3.2, 8), below=0.3),
        CellCondition("none", (1.0, 16), below=0.7),
        CellCondition("batch", (0.1, 8), above=0.9),
        CellCondition("batch", (3.2, 8), above=0.85),
        CellCondition("batch", (1.0, 16), above=0.9),
        CellCondition("batch", (10.0, 16), below=0.75),
    ),
)

BATCH_SIZE_BY_NORM = SweepPreset(
    name="batch-size-norm",
    title="Batch size × norm",
    story="Minibatches of 2 to 256 examples: which norm suffers from small ones?",
    why="With two examples per minibatch, batch norm only sees which of the two is larger in "
    "each unit: every value becomes +1 or −1, and it does worse than no norm. From 8 examples on "
    "it is as good as the others. Layer and group norm look at one example at a time; a small "
    "batch only means a noisier gradient to them. Every network takes 300 steps, so small "
    "minibatches also see fewer examples in total. Source: Wu & He 2018 (1803.08494).",
    experiment=Experiment(
        base=MemberSpec(
            network=NetworkSpec(depth=2, width=64),
            norm=NormSpec(groups=8),
            optimizer=OptimizerSpec(lr=0.1),
            steps=300,
            evaluate_every=15,
        ),
        variants=_norms("none", "batch", "layer", "group"),
        axes={"batch_size": (2, 3, 4, 8, 16, 32, 64, 128, 256)},
        seeds=5,
    ),
    statement=(
        CellCondition("batch", (2,), below=0.6),
        CellCondition("none", (2,), above=0.65),
        CellCondition("group", (2,), above=0.7),
        CellCondition("layer", (2,), above=0.7),
        CellCondition("batch", (8,), above=0.9),
        CellCondition("none", (8,), above=0.9),
        CellCondition("group", (8,), above=0.9),
        CellCondition("batch", (64,), above=0.93),
        CellCondition("group", (64,), above=0.93),
    ),
)

DEPTH_BY_ACTIVATION = SweepPreset(
    name="depth-activation",
    title="Depth × activation",
    story="Six activations in networks with 1 to 16 hidden layers.",
    why="A sigmoid compresses what passes through it, so without a norm nothing is learned from "
    "four layers on. ReLU and its relatives work up to about eight layers; tanh, which is "
    "centred, goes deepest. Identity means no nonlinearity at all: from four layers on the same "
    "learning rate is too large for it. Batch norm trains all of them at every depth here. How "
    "well a network trains without it depends on the activation. Source: Glorot & Bengio 2010; "
    "Ioffe & Szegedy 2015 (1502.03167).",
    experiment=Experiment(
        base=MemberSpec(
            data=_RAW, network=NetworkSpec(depth=5, width=32), steps=300, evaluate_every=15
        ),
        variants=_norms("none", "batch"),
        axes={
            "network.depth": (1, 2, 4, 8, 12, 16),
            "network.activation": ("relu", "leaky_relu", "gelu", "tanh", "sigmoid", "identity"),
        },
        seeds=3,
    ),
    statement=(
        CellCondition("none", (4, "sigmoid"), below=0.3),
        CellCondition("none", (16, "sigmoid"), below=0.3),
        CellCondition("none", (4, "relu"), above=0.85),
        CellCondition("none", (16, "relu"), below=0.7),
        CellCondition("none", (8, "tanh"), above=0.85),
        CellCondition("none", (8, "identity"), below=0.5),
        CellCondition("batch", (16, "sigmoid"), above=0.85),
        CellCondition("batch", (16, "relu"), above=0.75),
        CellCondition("batch", (16, "tanh"), above=0.85),
        CellCondition("batch", (16, "identity"), above=0.85),
    ),
)

LEARNING_RATE_BY_BATCH_SIZE = SweepPreset(
    name="learning-rate-batch-size",
    title="Learning rate × batch size",
    story="Does a larger minibatch allow a larger learning rate?",
    why="It does, up to a point. With 4 examples the gradient is so noisy that a learning rate of "
    "0.3 is too much without a norm; from 16 on it is about the best. Beyond that, at 1, no "
    "batch size helps the network without a norm. With batch norm the limit keeps moving: with 8 "
    "examples it is below 3, with 64 above. Every network takes 200 steps, so the rows differ in "
    "how many examples they see. Source: Goyal 2017 (1706.02677); Bjorck 2018 (1806.02375).",
    experiment=Experiment(
        base=MemberSpec(
            data=_RAW, network=NetworkSpec(depth=3, width=64), steps=200, evaluate_every=10
        ),
        variants=_norms("none", "batch"),
        axes={"optimizer.lr": _LEARNING_RATES, "batch_size": (4, 8, 16, 32, 64, 128, 256)},
        seeds=3,
    ),
    statement=(
        CellCondition("none", (0.3, 4), below=0.8),
        CellCondition("none", (0.3, 64), above=0.9),
        CellCondition("none", (1.0, 16), below=0.6),
        CellCondition("none", (1.0, 256), below=0.6),
        CellCondition("batch", (1.0, 16), above=0.85),
        CellCondition("batch", (3.0, 8), below=0.5),
        CellCondition("batch", (3.0, 64), above=0.9),
        CellCondition("batch", (10.0, 256), below=0.6),
    ),
)

# In the order of the page, which opens with the first.
SWEEP_PRESETS: Final[dict[str, SweepPreset]] = {
    preset.name: preset
    for preset in (
        LEARNING_RATE_BY_NORM,
        GAIN_BY_DEPTH,
        BATCH_SIZE_BY_NORM,
        DEPTH_BY_ACTIVATION,
        LEARNING_RATE_BY_BATCH_SIZE,
    )
}
