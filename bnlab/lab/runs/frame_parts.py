"""Frames without their curves, and with what they lack taken from earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bnlab.results.curves import CURVES
from bnlab.results.frames import BINS, PERCENTILES, Array, Frame, Quantity
from bnlab.spec.fields import refusal

_PICTURES = ("decision", "answers", "confidence")


def without_curves(frame: Frame) -> Frame:
    """The frame with empty curves: they are kept separately."""
    return replace(frame, **{name: getattr(frame, name)[..., :0] for name in CURVES})


def lacks(frame: Frame, complete: Frame) -> bool:
    """Whether a frame lacks a quantity or picture that the complete one has."""
    return len(frame.layers) < len(complete.layers) or any(
        getattr(frame, name) is None and getattr(complete, name) is not None for name in _PICTURES
    )


def filled(frame: Frame, earlier: Frame) -> Frame:
    """The frame with what it lacks taken from an earlier one."""
    pictures = {name: getattr(earlier, name) for name in _PICTURES if getattr(frame, name) is None}
    return replace(frame, layers={**earlier.layers, **frame.layers}, **pictures)


def history_of(frames: Sequence[Frame], quantity: Quantity, layer: int) -> dict[str, Array]:
    """Distributions of one layer over frames that all have the quantity: see `RunLog.history`.

    Raises:
        ValueError: there is no such layer.
    """
    if not frames:
        return {
            "steps": np.empty(0, np.int32),
            "counts": np.empty((0, 0, BINS), np.uint16),
            "under": np.empty((0, 0), np.uint16),
            "over": np.empty((0, 0), np.uint16),
            "percentiles": np.empty((0, 0, len(PERCENTILES)), np.float32),
        }
    stats = [frame.layers[quantity] for frame in frames]
    layers = stats[0].mean.shape[1]
    if not 0 <= layer < layers:
        raise refusal("layer", layer, f"0 to {layers - 1}")
    return {
        "steps": np.array([frame.step for frame in frames], np.int32),
        "counts": np.stack([item.histogram.counts[:, layer] for item in stats], 1),
        "under": np.stack([item.histogram.under[:, layer] for item in stats], 1),
        "over": np.stack([item.histogram.over[:, layer] for item in stats], 1),
        "percentiles": np.stack([item.percentiles[:, layer] for item in stats], 1),
    }
