"""Random numbers per step, member and feature: numpy's, so the same on any device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bnlab.data import datasets

BLOCK_STEPS = 64  # drawn at once


class Noise:
    """The noise of one norm, for any step in any order, so that probes do not disturb it.

    Args:
        seeds: of the members.
        place: of the norm in its network, counted from 0.
        features: of the norm.
        like: a tensor of the precision, on the device.
    """

    def __init__(self, seeds: Sequence[int], *, place: int, features: int, like: Tensor) -> None:
        self.seeds, self.place, self.features = tuple(seeds), place, features
        self.like = like.new_empty(0)
        self._block = -1
        self._drawn = self.like  # (T, 2, M, F, 1)

    def at(self, step: int) -> tuple[Tensor, Tensor]:
        """Two arrays (M, F, 1) of uniform numbers for one step, counted from 1."""
        block, index = divmod(step - 1, BLOCK_STEPS)
        if block != self._block:
            self._block, self._drawn = block, self._draw(block * BLOCK_STEPS)
        first, second = self._drawn[index]
        return first, second

    def select(self, members: Tensor) -> Noise:
        """The noise of some members."""
        seeds = [self.seeds[member] for member in members.tolist()]
        return Noise(seeds, place=self.place, features=self.features, like=self.like)

    def _draw(self, start: int) -> Tensor:
        shape = (BLOCK_STEPS, 2, self.features)
        drawn = [
            datasets.norm_uniforms(shape, seed, self.place, start=start) for seed in self.seeds
        ]
        values = torch.from_numpy(np.stack(drawn, 2)[..., None])  # rounded on the CPU
        return values.to(self.like.dtype).to(self.like.device)
