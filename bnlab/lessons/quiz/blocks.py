"""Blocks of activations that questions are asked about."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnlab.by_hand.norms import Array, BlockNorm

BASIS = "Computed for a block of random numbers of this size."
SAME = 1e-6  # two results that differ by less are the same
SEED = 3  # of the random numbers here


def set_up_of(
    kind: BlockNorm, *, examples: int, channels: int = 4, size: int = 4, groups: int = 1
) -> dict[str, Any]:
    """What the page's controls are to hold."""
    return {
        "kind": kind,
        "examples": examples,
        "channels": channels,
        "size": size,
        "groups": groups,
    }


def draw_block(set_up: dict[str, Any]) -> Array:
    """Activations (N, C, H, W): what is asked is the same for all that are not equal."""
    shape = (set_up["examples"], set_up["channels"], set_up["size"], set_up["size"])
    return np.random.default_rng(SEED).normal(0.5, 1.0, shape)
