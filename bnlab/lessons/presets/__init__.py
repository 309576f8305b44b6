"""Races to start from, each with a question and with a statement that a test checks."""

from __future__ import annotations

from bnlab.lessons.presets import norm_fails, plain_fails
from bnlab.lessons.presets.preset import PanelName, Raced, RacePreset, which_is_first
from bnlab.lessons.questions import Question
from bnlab.spec.experiment import Experiment

# In the order of the page; the home page starts the first.
PRESETS: dict[str, RacePreset] = {
    preset.name: preset
    for preset in (
        plain_fails.SPIRALS_SIGMOID,
        plain_fails.DEEP_SIGMOID,
        plain_fails.HIGH_LEARNING_RATE,
        plain_fails.SMALL_GAIN,
        plain_fails.LARGE_GAIN,
        plain_fails.TWENTY_LAYERS,
        plain_fails.SLOWER,
        plain_fails.WILD_INPUTS,
        norm_fails.FORTY_LAYERS,
        norm_fails.PAIRS,
        norm_fails.OLD_AVERAGES,
        norm_fails.FAIR_FIGHT,
    )
}


def question_for(experiment: Experiment) -> Question[Raced] | None:
    """What to ask before a race: its preset's question, otherwise which variant is first.

    None for a single variant, which has no rival.
    """
    for preset in PRESETS.values():
        if preset.experiment == experiment:
            return preset.question
    if len(experiment.variants) < 2:
        return None
    return which_is_first(round(100 * experiment.target), *experiment.variants)


__all__ = ["PRESETS", "PanelName", "RacePreset", "Raced", "question_for"]
