"""What the probes measured at one step (`Frame`), and its binary form.

Axis letters: M members, W watched members (one seed per variant), L hidden layers, B bins,
T training steps and E evaluations since the previous frame, R pixels, Q examples shown.
A missing value is NaN. Every array is numpy; nothing here knows torch or a screen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Quantity = Literal["pre_activation", "normalized", "activation", "gradient"]
QUANTITIES: tuple[Quantity, ...] = ("pre_activation", "normalized", "activation", "gradient")

BINS = 48
PERCENTILES = (15, 50, 85)
STATISTICS = ("running_mean", "running_var", "batch_mean", "batch_var", "exact_mean", "exact_var")

# States of a member. Diverging is a result, not an error.
TRAINING, DIVERGED, REACHED_TARGET = 0, 1, 2


@dataclass(frozen=True)
class Histogram:
    """Counts of values per bin; values outside the range are counted too, never dropped."""

    counts: Array  # (W, L, B) uint16
    under: Array  # (W, L) uint16
    over: Array  # (W, L) uint16; NaN and infinity are counted here


@dataclass(frozen=True)
class LayerStats:
    """One quantity in every hidden layer, over the units and the probe batch."""

    mean: Array  # (M, L) float32
    std: Array  # (M, L) float32
    percentiles: Array  # (W, L, 3) float32: 15, 50, 85
    histogram: Histogram


@dataclass(frozen=True)
class Frame:
    """Everything measured at one step; parts that were not asked for are None or absent."""

    step: int
    wall_s: float  # training time, without pauses
    status: Array  # (M,) uint8: TRAINING, DIVERGED or REACHED_TARGET
    step_ms: Array  # (M,) float32: mean time of a step of the member's fleet since the last frame
    loss_steps: Array  # (T,) int32: steps of train_loss, counted after the update, from 1
    train_loss: Array  # (M, T) float32 (float64 if trained so): loss of each step since then
    eval_steps: Array  # (E,) int32: steps of the evaluations since the last frame, 0 included
    validation_loss: Array  # (M, E) float32, eval mode
    validation_accuracy: Array  # (M, E) float32, eval mode
    exact_accuracy: Array  # (M, E) float32, with statistics of the whole training part
    gradient_norm: Array  # (M, L+1) float32: ||dL/dW|| per linear layer, output layer last
    update_ratio: Array  # (M, L+1) float32: ||last update of W|| / ||W||; NaN at step 0
    dead: Array  # (M, L) float32: share of units with no gradient over the whole probe batch
    saturated: Array  # (M, L) float32: share of activations in a flat part of the activation
    mean_gap: Array  # (M, L) float32: rms over units of (running - batch mean) / batch std
    var_gap: Array  # (M, L) float32: rms over units of log10(running / batch variance)
    layers: Mapping[Quantity, LayerStats]
    decision: Array | None = None  # (W, R, R) uint8: 255 / K * (class + certainty in 0..1)
    answers: Array | None = None  # (W, Q) uint8: class the member gives each shown example
    confidence: Array | None = None  # (W, Q) float32: its probability
    # (W, 6, F) float32 (float64 if trained so): STATISTICS of each unit of the recorded layer,
    # variances unbiased; of the last training minibatch, and of the whole training part.
    statistics: Array | None = None

    def to_bytes(self) -> bytes:
        """The binary form: see `pack`."""
        arrays: dict[str, Array] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                arrays[field.name] = value
        for quantity, stats in self.layers.items():
            arrays[f"{quantity}/mean"] = stats.mean
            arrays[f"{quantity}/std"] = stats.std
            arrays[f"{quantity}/percentiles"] = stats.percentiles
            arrays[f"{quantity}/counts"] = stats.histogram.counts
            arrays[f"{quantity}/under"] = stats.histogram.under
            arrays[f"{quantity}/over"] = stats.histogram.over
        return pack({"step": self.step, "wall_s": self.wall_s}, arrays)

    @classmethod
    def from_bytes(cls, data: bytes) -> Frame:
        """Read the binary form back; raises ValueError if the bytes are not a frame."""
        meta, arrays = unpack(data)
        try:
            layers = {q: _pop_stats(q, arrays) for q in QUANTITIES if f"{q}/mean" in arrays}
            return cls(step=meta["step"], wall_s=meta["wall_s"], layers=layers, **arrays)
        except (KeyError, TypeError) as error:
            raise ValueError(f"Not a frame: {error}.") from None


def _pop_stats(quantity: Quantity, arrays: dict[str, Array]) -> LayerStats:
    counts, under, over = (arrays.pop(f"{quantity}/{part}") for part in ("counts", "under", "over"))
    return LayerStats(
        mean=arrays.pop(f"{quantity}/mean"),
        std=arrays.pop(f"{quantity}/std"),
        percentiles=arrays.pop(f"{quantity}/percentiles"),
        histogram=Histogram(counts=counts, under=under, over=over),
    )


def merge_frames(
    parts: Sequence[Frame],
    *,
    members: Sequence[Sequence[int]],
    watched: Sequence[Sequence[int]],
) -> Frame:
    """One frame of a whole race from the frames of its fleets at the same step.

    Args:
        parts: one frame per fleet.
        members: for each fleet, the index in the experiment of each member, in fleet order.
        watched: for each fleet, the index in the experiment of each watched member.

    Returns:
        A frame whose members and watched members are in the experiment's order. Fleets with
        fewer layers, fewer steps or different evaluations are padded with NaN; pictures that some
        fleet lacks are left out.
    """
    if len(parts) == 1 and list(members[0]) == sorted(members[0]):
        return parts[0]
    parts = _on_common_steps(parts)
    by_member = np.argsort(np.concatenate([np.asarray(order) for order in members]))
    by_watched = np.argsort(np.concatenate([np.asarray(order) for order in watched]))

    def joined(pick: Callable[[Any], Array], order: Array, frames: Sequence[Any] = parts) -> Array:
        return _stack([pick(frame) for frame in frames])[order]

    def picture(name: str) -> Array | None:
        if any(getattr(part, name) is None for part in parts):
            return None
        return joined(attrgetter(name), by_watched)

    layers: dict[Quantity, LayerStats] = {}
    for quantity in parts[0].layers:
        stats = [part.layers[quantity] for part in parts]
        layers[quantity] = LayerStats(
            mean=joined(attrgetter("mean"), by_member, stats),
            std=joined(attrgetter("std"), by_member, stats),
            percentiles=joined(attrgetter("percentiles"), by_watched, stats),
            histogram=Histogram(
                counts=joined(attrgetter("histogram.counts"), by_watched, stats),
                under=joined(attrgetter("histogram.under"), by_watched, stats),
                over=joined(attrgetter("histogram.over"), by_watched, stats),
            ),
        )
    arrays: dict[str, Any] = {name: joined(attrgetter(name), by_member) for name in _PER_MEMBER}
    arrays |= {name: picture(name) for name in _PER_WATCHED}
    # A fleet with fewer steps stays at its last step; the race is where the others are.
    step, wall_s = max(part.step for part in parts), max(part.wall_s for part in parts)
    return replace(parts[0], step=step, wall_s=wall_s, layers=layers, **arrays)


_PER_MEMBER = (
    "status", "step_ms", "train_loss", "validation_loss", "validation_accuracy", "exact_accuracy",
    "gradient_norm", "update_ratio", "dead", "saturated", "mean_gap", "var_gap",
)  # fmt: skip


_PER_WATCHED = ("decision", "answers", "confidence", "statistics")
_OF_LOSSES = ("train_loss",)
_OF_EVALUATIONS = ("validation_loss", "validation_accuracy", "exact_accuracy")


def _on_common_steps(parts: Sequence[Frame]) -> Sequence[Frame]:
    """The parts with their curves at the union of their steps, NaN where one has no value."""
    for steps_name, names in (("loss_steps", _OF_LOSSES), ("eval_steps", _OF_EVALUATIONS)):
        every = [getattr(part, steps_name) for part in parts]
        if all(np.array_equal(steps, every[0]) for steps in every):
            continue
        common = np.unique(np.concatenate(every))
        spread: list[dict[str, Any]] = [
            {steps_name: common}
            | {name: _spread(getattr(part, name), steps, common) for name in names}
            for part, steps in zip(parts, every, strict=True)
        ]
        parts = [replace(part, **curves) for part, curves in zip(parts, spread, strict=True)]
    return parts


def _spread(values: Array, steps: Array, common: Array) -> Array:
    """Values (M, T) at their steps, among the common ones."""
    spread = np.full((values.shape[0], common.size), np.nan, values.dtype)
    spread[:, np.searchsorted(common, steps)] = values
    return spread


def _stack(arrays: list[Array]) -> Array:
    """Concatenate along the first axis, shorter later axes padded with NaN (or 0 for counts)."""
    shape = np.max([array.shape[1:] for array in arrays], axis=0) if arrays[0].ndim > 1 else ()
    padded = []
    for array in arrays:
        widths = [(0, 0)] + [(0, int(n) - m) for n, m in zip(shape, array.shape[1:], strict=True)]
        fill = np.nan if array.dtype.kind == "f" else 0
        padded.append(np.pad(array, widths, constant_values=fill))
    return np.concatenate(padded)


# --- the binary form -----------------------------------------------------------------------------

_MAGIC = b"BNL1"
_ALIGNMENT = 8  # a typed array in the browser must start at a multiple of its item size


def pack(meta: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """Scalars and arrays as bytes: magic, header length (uint32), JSON header, aligned arrays.

    The header is `{"meta": …, "arrays": [[name, dtype, shape, offset], …]}`; offsets count from
    the start of the message; dtypes are numpy's names, little endian.

    Raises:
        ValueError: the meta holds NaN or an infinity, which JSON cannot hold.
    """
    entries: list[list[Any]] = []
    offset = 0
    for name, array in arrays.items():
        entries.append([name, array.dtype.name, list(array.shape), offset])
        offset += -(-array.nbytes // _ALIGNMENT) * _ALIGNMENT
    document = {"meta": dict(meta), "arrays": entries}
    header = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    start = -(-(8 + len(header)) // _ALIGNMENT) * _ALIGNMENT
    message = bytearray(start + offset)
    message[:4] = _MAGIC
    message[4:8] = len(header).to_bytes(4, "little")
    message[8 : 8 + len(header)] = header
    for entry, array in zip(entries, arrays.values(), strict=True):
        begin = start + entry[3]
        message[begin : begin + array.nbytes] = np.ascontiguousarray(array).tobytes()
    return bytes(message)


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, Array]]:
    """Undo `pack`; raises ValueError if the bytes are truncated or not of this form."""
    if data[:4] != _MAGIC or len(data) < 8:
        raise ValueError("Not a packed message: it does not start with BNL1.")
    length = int.from_bytes(data[4:8], "little")
    start = -(-(8 + length) // _ALIGNMENT) * _ALIGNMENT
    try:
        header = json.loads(data[8 : 8 + length])
        arrays = {
            name: np.frombuffer(
                data, dtype=dtype, count=math.prod(shape), offset=start + offset
            ).reshape(shape)
            for name, dtype, shape, offset in header["arrays"]
        }
        return dict(header["meta"]), arrays
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"A truncated message: {error}.") from None


# --- fixed axes ----------------------------------------------------------------------------------

_ACTIVATION_RANGES = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}


def bin_range(quantity: Quantity, activation: str) -> tuple[float, float]:
    """The range of a quantity's histogram, the same for every run, so that runs can be compared.

    Gradients are binned by log10 of their absolute value; a gradient of 0 counts as under.
    """
    if quantity == "activation":
        return _ACTIVATION_RANGES.get(activation, (-2.0, 6.0))
    return {"pre_activation": (-6.0, 6.0), "normalized": (-4.0, 4.0), "gradient": (-12.0, 0.0)}[
        quantity
    ]
