"""The blocks of activations that quiz questions are about."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnlab.by_hand.norms import Array, BlockNorm

BASIS = "Computed for a block of random numbers of this size."
SAME = 1e-6  # results that differ by less count as equal
SEED = 3  # of the random numbers here


def set_up_of(
    kind: BlockNorm, *, examples: int, channels: int = 4, size: int = 4, groups: int = 1
) -> dict[str, Any]:
    """The settings of the page's controls."""
    return {
        "kind": kind,
        "examples": examples,
        "channels": channels,
        "size": size,
        "groups": groups,
    }


def draw_block(set_up: dict[str, Any]) -> Array:
    """Activations (N, C, H, W); the answers are the same for any that are not all equal."""
    shape = (set_up["examples"], set_up["channels"], set_up["size"], set_up["size"])
    return np.random.default_rng(SEED).normal(0.5, 1.0, shape)
