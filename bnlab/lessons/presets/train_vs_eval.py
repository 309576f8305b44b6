"""Experiments of the page "Training and inference", and the question asked before they start.

Unlike the presets of the race page, each has one network, observed in training mode and in eval
mode. A test checks on fresh seeds what is said about them.
"""

from __future__ import annotations

import math
from typing import Final

from bnlab.lessons.presets.preset import Preset
from bnlab.lessons.questions import Choice, Numbers, Question
from bnlab.spec.experiment import Experiment, ProbeSpec
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec, NormSpec, OptimizerSpec


def _experiment(base: MemberSpec, *, layer: int) -> Experiment:
    return Experiment(base=base, variants={"batch": {}}, probe=ProbeSpec(layer=layer))


_DIGITS = MemberSpec(
    data=DataSpec(name="digits"),
    network=NetworkSpec(depth=5, width=64),
    norm=NormSpec(kind="batch"),
    optimizer=OptimizerSpec(lr=0.3),
    steps=300,
    evaluate_every=1,  # the first steps matter
)

FORGOTTEN_EVAL = Preset(
    name="forgotten-eval",
    title="Digits, and a forgotten eval()",
    story="Five layers with batch norm learn handwritten digits. How much they know in the end "
    "depends on the mode in which they are used.",
    experiment=_experiment(_DIGITS, layer=2),
    pace=20,
)

SLOW_AVERAGES = Preset(
    name="slow-averages",
    title="The first steps, with slow averages",
    story="The same network, but each minibatch weighs 1 % in the running statistics instead of "
    "10 %: for a long time they remember their initial values.",
    experiment=_experiment(_DIGITS.replace({"norm.momentum": 0.01, "steps": 200}), layer=2),
    pace=10,
)

POINTS = Preset(
    name="points",
    title="Points in the plane",
    story="Two numbers per example instead of 64 pixels: two half moons that three layers with "
    "batch norm learn to separate.",
    experiment=_experiment(
        _DIGITS.replace({"data.name": "moons", "network.depth": 3, "network.width": 32}), layer=1
    ),
    pace=20,
)

# In the order of the page, which opens with the first.
PRESETS: Final[dict[str, Preset]] = {
    preset.name: preset for preset in (FORGOTTEN_EVAL, SLOW_AVERAGES, POINTS)
}


# --- the question before the run -----------------------------------------------------------------

FORGOTTEN_BATCH: Final = 16  # the batch size in the question

NEARLY_AS_WELL, CLEARLY_WORSE, GUESSING = (
    "nearly as well as with eval()",
    "clearly worse",
    "hardly better than guessing",
)


def _left(found: Numbers) -> float:
    """The share of eval mode's lead over guessing that is left; NaN if it has hardly any lead."""
    chance = 1 / found["classes"]
    if not found["eval_mode"] > 1.5 * chance:
        return math.nan
    return (found["forgotten"] - chance) / (found["eval_mode"] - chance)


# Decided by accuracies in 0..1, `forgotten` (training mode) and `eval_mode`, and by the number of
# `classes`, which are about equally frequent.
QUESTION: Final[Question[Numbers]] = Question(
    text="Once trained, the network meets new examples sorted by class, "
    f"{FORGOTTEN_BATCH} at a time, and someone forgets eval(). How well does it do?",
    choices=(
        Choice(text=NEARLY_AS_WELL, holds=lambda found: _left(found) > 0.9),
        Choice(text=CLEARLY_WORSE, holds=lambda found: _left(found) > 0.25),
        Choice(text=GUESSING, holds=lambda found: _left(found) <= 0.25),
    ),
)
