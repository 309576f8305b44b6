"""Experiments to start from, each with a question, and a claim that a test holds to."""

from __future__ import annotations

from bnlab.presets import norm_fails, plain_fails
from bnlab.presets.preset import PanelName, Preset

# In the order of the page; the first is the race that the home page starts.
PRESETS: dict[str, Preset] = {
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

__all__ = ["PRESETS", "PanelName", "Preset"]
