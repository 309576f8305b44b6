"""Colour scales of maps: where a number lies on one, and the bar that explains it."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnlab.figures.marks import both
from bnlab.results.frames import Array
from bnlab.results.sweeps.metrics import Metric
from bnlab.results.sweeps.words import number_words
from bnlab.spec.experiment import Experiment

# Even steps for the eye, also for colour-blind eyes and in grey.
# Source: matplotlib, van der Walt & Smith 2015.
SEQUENTIAL = "Viridis"
_NEUTRAL = {"light": "#f3f3f0", "dark": "#2b2f36"}
_NEVER = 1.1  # where "never" lies, in lengths of the scale of steps
_LOG_TICKS = [mantissa * 10.0**power for power in range(-4, 5) for mantissa in (1, 3)]


def opposed(low: str, high: str) -> list[list[Any]]:
    """From one colour by hardly any to another: for numbers that may lie on two sides."""
    return [[0, both(low)], [0.5, _NEUTRAL], [1, both(high)]]


def ends(metric: Metric, experiment: Experiment) -> tuple[float, float]:
    """Where the colour scale begins and ends, as `placed` numbers."""
    low, high = metric.range(experiment)
    if metric.is_log:
        return float(np.log10(low)), float(np.log10(high))
    return low, high * _NEVER if metric.kind == "steps" else high


def placed(metric: Metric, values: Array, experiment: Experiment) -> list[list[float | None]]:
    """Where numbers (Y, X) lie on the colour scale; None where there is none.

    Losses and ratios by their logarithm; "never" behind the last step.
    """
    low, high = ends(metric, experiment)
    with np.errstate(divide="ignore", invalid="ignore"):
        shown = np.log10(values) if metric.is_log else values
    return plain(np.clip(shown, low, high))


def plain(values: Array) -> list[list[float | None]]:
    """Numbers (Y, X) for JSON: of four digits, None where there is none."""
    return [[float(f"{v:.4g}") if np.isfinite(v) else None for v in row] for row in values]


def colour_bar(metric: Metric, experiment: Experiment) -> dict[str, Any]:
    """The bar under a map that says what its colours mean."""
    low, high = metric.range(experiment)
    bar = bare_bar()
    if metric.kind == "share":
        return bar | {"tickformat": ".0%", "nticks": 6}
    if metric.kind == "steps":
        half = round(high / 2)
        return bar | {
            "tickvals": [0, half, high * _NEVER],
            "ticktext": ["0", number_words("steps", half), "never"],
        }
    ticks = [tick for tick in _LOG_TICKS if low <= tick <= high]
    ticks = [tick for tick in ticks if metric.kind == "loss" or f"{tick:e}".startswith("1")]
    return bar | {
        "tickvals": [float(np.log10(tick)) for tick in ticks],
        "ticktext": [f"{tick:g}" for tick in ticks],
    }


def bare_bar() -> dict[str, Any]:
    """A flat bar at the bottom of a figure, as wide as its map."""
    return {
        "orientation": "h",
        "thickness": 10,
        "len": 1.0,
        "xpad": 0,
        "yref": "container",
        "y": 0,
        "yanchor": "bottom",
        "ypad": 4,
        "outlinewidth": 0,
        "ticklabelposition": "outside",
    }
