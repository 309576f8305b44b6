"""What each norm computes for a block: its sets, their statistics, the result or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bnlab.by_hand.batch_norm import OneValueError
from bnlab.by_hand.block.spec import EPS, Block
from bnlab.by_hand.norms import Array, BlockNorm, Counts, counts, normalize

BATCH_SIZES = (1, 2, 4, 8, 32)


@dataclass(frozen=True, eq=False)
class Averaged:
    """One norm of a block (N, C, P); a refused one has sets of one value each, and NaN."""

    kind: BlockNorm
    set_of: NDArray[np.int64]  # (N, C, P) the number of the set of each element, from 0
    mean: Array  # (sets,); NaN for RMS norm
    variance: Array  # (sets,) biased; the mean square for RMS norm
    x_hat: Array  # (N, C, P)
    refusal: str = ""  # why there is no result, in one sentence


def average(x: Array, block: Block, kind: BlockNorm) -> Averaged:
    """Normalize a block by its settings.

    Args:
        x: (N, C, P).
        block: its groups and `each_position` matter here, not its size.
        kind: which norm.
    """
    try:
        normed = normalize(
            x,
            kind,
            groups=block.groups if kind == "group" else 1,
            eps=EPS,
            each_position=block.is_by_position(kind),
        )
    except OneValueError:
        set_of = np.arange(x.size).reshape(x.shape)  # every element is a set of its own
        nothing = np.full_like(x, np.nan)
        return Averaged(kind, set_of, x.ravel(), nothing.ravel(), nothing, _refusal(x, kind))
    first = np.unique(normed.set_of, return_index=True)[1]
    mean = np.full_like(x, np.nan) if normed.mean is None else normed.mean
    return Averaged(
        kind,
        normed.set_of,
        np.broadcast_to(mean, x.shape).ravel()[first],
        np.broadcast_to(normed.variance, x.shape).ravel()[first],
        normed.x_hat,
    )


def _refusal(x: Array, kind: BlockNorm) -> str:
    # torch checks the number of values in layers with running statistics, and in group norm
    # over all examples together; elsewhere it subtracts the value from itself.
    stops = kind in ("batch", "instance") or (kind == "group" and len(x) == 1)
    torch = "stops with an error" if stops else "returns 0 for every value"
    return (
        "There is only one value to average. It is its own mean: subtract the mean and nothing "
        f"is left of it. PyTorch {torch}."
    )


def counts_of(block: Block, kind: BlockNorm) -> Counts:
    """What a norm computes, learns and keeps for this block."""
    return counts(
        kind,
        n=block.examples,
        c=block.channels,
        p=block.positions,
        groups=block.groups if kind == "group" else 1,
        each_position=block.is_by_position(kind),
    )


def in_batches(
    x: Array, block: Block, kind: BlockNorm, sizes: Sequence[int] = BATCH_SIZES
) -> tuple[Averaged, ...]:
    """One norm on the first 1, 2, 4 … examples of x (N, C, P)."""
    return tuple(average(x[:size], block, kind) for size in sizes)
