"""Recorded batch norm statistics over time: of one unit, and as distances of the whole layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bnlab.results.frames import STATISTICS, Array, Frame
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import refusal

DISTANCES = ("running_mean", "running_var", "batch_mean", "batch_var")


def unit_over_time(experiment: Experiment, frames: Sequence[Frame], unit: int) -> dict[str, Array]:
    """Statistics of a unit, and distances of its layer: see `RunLog.statistics`.

    Raises:
        ValueError: there is no such unit.
    """
    recorded = [(frame.step, frame.statistics) for frame in frames if frame.statistics is not None]
    if not recorded:
        return {
            "steps": np.empty(0, np.int32),
            "values": np.empty((0, 0, len(STATISTICS)), np.float32),
            "distances": np.empty((0, 0, len(DISTANCES)), np.float32),
        }
    width = recorded[0][1].shape[2]
    if not 0 <= unit < width:
        raise refusal("unit", unit, f"0 to {width - 1}")
    return {
        "steps": np.array([step for step, _ in recorded], np.int32),
        "values": np.stack([statistics[:, :, unit] for _, statistics in recorded]),
        "distances": np.stack([distances(experiment, statistics) for _, statistics in recorded]),
    }


def distances(experiment: Experiment, statistics: Array) -> Array:
    """How far a layer's statistics (W, 6, F) are from the exact ones: (W, 4), as `DISTANCES`.

    Root mean squares over the units: of (mean - exact mean) / sqrt(exact variance + eps), and of
    log10((variance + eps) / (exact variance + eps)), with the eps that batch norm adds.
    """
    eps = np.array([spec.norm.eps for spec in experiment.specs().values()])[:, None, None]
    mean, var = statistics[:, ::2].astype(np.float64), statistics[:, 1::2] + eps  # (W, 3, F)
    with np.errstate(invalid="ignore", over="ignore"):  # of a network that has diverged
        shift = (mean[:, :2] - mean[:, 2:]) / np.sqrt(var[:, 2:])
        decades = np.log10(var[:, :2] / var[:, 2:])
        squares = np.stack([shift, decades], 2) ** 2  # (W, running or batch, mean or var, F)
    # A narrower variant lacks some units, one without batch norm all of them.
    is_there = ~np.isnan(statistics[:, 4])
    rows = [_rms(own[..., there]) for own, there in zip(squares, is_there, strict=True)]
    return np.stack(rows).reshape(-1, len(DISTANCES)).astype(np.float32)


def _rms(squares: Array) -> Array:
    """The root of the mean over the last axis; NaN where that is empty."""
    if not squares.shape[-1]:
        return np.full(squares.shape[:-1], np.nan)
    return np.asarray(np.sqrt(squares.mean(-1)))
