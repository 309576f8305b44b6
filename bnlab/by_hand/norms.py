"""What each norm averages, in numpy: batch, layer, group, instance and RMS norm of one block.

A block of activations is (N, C, P): examples, channels, positions; (N, C, H, W) and (N, C) are
the same with H·W positions, or one. Every norm divides the block into sets and computes for each

    x_hat = (x - mean) / sqrt(variance + eps),    y = weight * x_hat + bias

(RMS norm: x / sqrt(mean square + eps)). Only the sets differ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnlab.by_hand.batch_norm import LARGEST, OneValueError, as_numbers, centre, mean_over
from bnlab.by_hand.record import Array as Array
from bnlab.spec.fields import refusal

BlockNorm = Literal["batch", "layer", "group", "instance", "rms"]
NORM_KINDS: tuple[BlockNorm, ...] = ("batch", "layer", "group", "instance", "rms")

# The axes that one set covers, with the block seen as (examples, groups, channels, positions).
# Only group norm has more than one group.
EXAMPLES, GROUPS, CHANNELS, POSITIONS = range(4)
AVERAGED: dict[BlockNorm, tuple[int, ...]] = {
    "batch": (EXAMPLES, POSITIONS),
    "layer": (CHANNELS, POSITIONS),
    "group": (CHANNELS, POSITIONS),
    "instance": (POSITIONS,),
    "rms": (CHANNELS, POSITIONS),
}


@dataclass(frozen=True, eq=False)
class Normed:
    """A normalized block; statistics have the axes of x, of length 1 where they do not differ."""

    kind: BlockNorm
    mean: Array | None  # None for RMS norm
    variance: Array  # biased; the mean square for RMS norm
    x_hat: Array  # like x, as y and set_of
    y: Array
    set_of: NDArray[np.int64]  # the number of the set, from 0, that each element is averaged in


@dataclass(frozen=True)
class Counts:
    """What a norm computes, learns and keeps for a block (N, C, P)."""

    values_per_set: int
    sets: int
    statistics: int  # computed for one minibatch: two per set, one with RMS norm
    parameters: int  # learned: gamma and beta; only gamma with RMS norm
    running: int  # kept for inference


def normalize(
    x: ArrayLike,
    kind: BlockNorm,
    *,
    groups: int = 1,
    eps: float = 1e-5,
    weight: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    each_position: bool = False,
) -> Normed:
    """Normalize a block, and return which elements were averaged together.

    Args:
        x: (N, C, P), (N, C, H, W) or (N, C).
        kind: one of `NORM_KINDS`.
        groups: of channels, for group norm; they divide C.
        eps: added to the variance, or to the mean square.
        weight: gamma (C,), or one number for each element of an example; None is 1.
        bias: beta, in the same shapes; None is 0.
        each_position: layer and RMS norm average over the channels of one position at a time, as
            transformers do for each token.

    Raises:
        OneValueError: each set has only one value, and its mean is to be subtracted.
        ValueError: a kind, shape or number of groups that is not allowed.

    Source: Wu & He 2018 (1803.08494), figure 2 and section 3.1.
    """
    x = as_numbers("x", x, axes=(2, 3, 4))
    if not 0 <= eps <= LARGEST:
        raise refusal("eps", eps, "0 or more")
    n, c, *places = x.shape
    p = math.prod(places)
    found = counts(kind, n=n, c=c, p=p, groups=groups, each_position=each_position)
    if found.values_per_set == 1 and kind != "rms":
        raise OneValueError(
            f"x must have two or more values in each set for {kind} norm (got one): "
            "one value is its own mean, so subtracting the mean leaves nothing."
        )
    groups = groups if kind == "group" else 1
    block = x.reshape(n, groups, c // groups, p)
    axes = _axes(kind, each_position=each_position)

    mean = None if kind == "rms" else mean_over(block, axes)
    centred = block if mean is None else centre(block, mean)
    variance = (centred**2).mean(axis=axes, keepdims=True)
    with np.errstate(invalid="ignore"):
        x_hat = (centred / np.sqrt(variance + eps)).reshape(x.shape)
    set_of = np.arange(found.sets).reshape(variance.shape)
    y = _parameter("weight", weight, x, 1.0) * x_hat + _parameter("bias", bias, x, 0.0)
    return Normed(
        kind,
        None if mean is None else _beside(mean, x, groups),
        _beside(variance, x, groups),
        x_hat,
        y,
        np.broadcast_to(set_of, block.shape).reshape(x.shape),
    )


def counts(
    kind: BlockNorm, *, n: int, c: int, p: int, groups: int = 1, each_position: bool = False
) -> Counts:
    """Count what a norm averages, learns and keeps, without computing it.

    Gamma and beta are torch's: one per channel for batch, group and instance norm; one for each
    value that is normalized together for layer and RMS norm, as in `torch.nn.LayerNorm((C, P))`.

    Args:
        kind: one of `NORM_KINDS`.
        n: examples.
        c: channels.
        p: positions.
        groups: for group norm; they divide c.
        each_position: as in `normalize`.

    Raises:
        ValueError: an unknown kind; groups that do not divide the channels.
    """
    if kind not in NORM_KINDS:
        raise refusal("kind", f"{kind!r}", ", ".join(NORM_KINDS))
    if kind == "group" and (groups < 1 or c % groups):
        raise refusal("groups", groups, f"a divisor of the {c} channels")
    if each_position and kind not in ("layer", "rms"):
        raise refusal("each_position", f"{kind} norm", "layer or RMS norm")
    groups = groups if kind == "group" else 1
    sizes = (n, groups, c // groups, p)
    axes = _axes(kind, each_position=each_position)
    values = math.prod(sizes[axis] for axis in axes)
    sets = n * c * p // values
    moments = 1 if kind == "rms" else 2
    scaled = values if kind in ("layer", "rms") else c
    return Counts(values, sets, moments * sets, moments * scaled, 2 * c if kind == "batch" else 0)


def _axes(kind: BlockNorm, *, each_position: bool) -> tuple[int, ...]:
    return (CHANNELS,) if each_position else AVERAGED[kind]


def _beside(statistic: Array, x: Array, groups: int) -> Array:
    """(N or 1, G, C/G or 1, P or 1) with the axes of x."""
    n, _, c, p = statistic.shape
    if groups > 1:
        statistic = np.repeat(statistic, x.shape[1] // groups, axis=2)
        c = x.shape[1]
    places = x.shape[2:] if p > 1 else (1,) * (x.ndim - 2)
    return statistic.reshape(n, c, *places)


def _parameter(name: str, values: ArrayLike | None, x: Array, otherwise: float) -> Array:
    """Gamma or beta, shaped to be broadcast with x."""
    if values is None:
        return np.asarray(otherwise)
    array = as_numbers(name, values, axes=(1, x.ndim - 1))
    if array.shape == x.shape[1:]:
        return array
    if array.shape == x.shape[1:2]:
        return array.reshape(-1, *(1,) * (x.ndim - 2))
    raise refusal(name, f"shape {array.shape}", f"{x.shape[1:2]} or {x.shape[1:]}")
