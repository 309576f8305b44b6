"""The data of a fleet on its device, and its minibatches, gathered for many steps at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from bnlab.data import datasets
from bnlab.fleet.device import sent
from bnlab.fleet.plan import FleetPlan
from bnlab.results.frames import Array

Part = Literal["train", "validation", "test"]

GATHERED_VALUES = 2**18  # of minibatches gathered ahead: 1 MB, fits in the cache
GATHERED_STEPS = 64


class Examples(NamedTuple):
    """Some examples for every member."""

    x: Tensor  # (M, F, N)
    target: Tensor  # (M, K, N): one-hot / N
    y: Tensor  # (M, N): classes


class Minibatch(NamedTuple):
    """What one training step needs."""

    x: Tensor  # (M, F, N), a transposed view: a copy would cost more than it saves
    target: Tensor  # (M, K, N): one-hot / N
    masks: tuple[Tensor, ...] | None  # of dropout, one (M, F, N) per hidden layer: 0 or 1/(1-p)


class Feed:
    """Examples of all members; members with the same data and seed share one copy."""

    def __init__(self, plan: FleetPlan, device: str, dtype: torch.dtype) -> None:
        self.specs, self.structure = plan.specs, plan.structure
        self.device, self.dtype = device, dtype
        self.facts = plan.structure.data.facts
        keys = [(spec.data, spec.seed) for spec in plan.specs]
        distinct = list(dict.fromkeys(keys))
        self.seeds = [seed for _, seed in distinct]
        self.loaded = [datasets.load(spec, seed) for spec, seed in distinct]  # D data sets
        self.of_member = torch.tensor([distinct.index(key) for key in keys], device=device)
        self.is_shared = len(distinct) < len(keys)

    def part(self, part: Part) -> Examples:
        """All examples of one part, for every member."""
        return self.examples(part, [slice(None)] * len(self.loaded))

    def probe_batch(self, size: int) -> Examples:
        """The fixed probe batch of every member, from its training part."""
        n = self.facts.train
        return self.examples("train", [datasets.probe_batch(n, size, seed) for seed in self.seeds])

    def examples(self, part: Part, chosen: list[slice] | list[datasets.Integers]) -> Examples:
        """Chosen examples of each of the D data sets, for every member."""
        pairs = list(zip(self.loaded, chosen, strict=True))
        x = np.stack([getattr(data, f"x_{part}")[which].T for data, which in pairs])
        y = np.stack([getattr(data, f"y_{part}")[which] for data, which in pairs])
        target = _one_hot(y, self.facts.classes).swapaxes(1, 2) / y.shape[1]
        return Examples(
            x=self._for_members(self._tensor(x), 0),
            target=self._for_members(self._tensor(target), 0),
            y=self._for_members(torch.from_numpy(y).to(self.device), 0),
        )

    def minibatches(self) -> Iterator[Minibatch]:
        """An endless sequence of minibatches."""
        n, batch_size = self.facts.train, self.structure.batch_size
        x = self._tensor(np.concatenate([d.x_train for d in self.loaded]))  # (D*n, F)
        y = torch.from_numpy(np.concatenate([d.y_train for d in self.loaded]))
        y = y.to(self.device).view(-1, 1)
        classes = torch.arange(self.facts.classes, device=self.device).view(-1, 1)
        masks = self._dropout_masks()
        values = len(self.seeds) * (self.facts.features + self.facts.classes) * batch_size
        steps = max(1, min(GATHERED_STEPS, GATHERED_VALUES // values))
        for rows in self._rows(n, steps):
            index = sent(torch.from_numpy(rows), self.device)
            inputs = self._gather(x, index).mT.unbind(0)
            labels = self._gather(y, index).mT  # (T, M, 1, N)
            targets = (labels == classes).to(self.dtype).div_(batch_size).unbind(0)
            for x_step, target_step in zip(inputs, targets, strict=True):
                yield Minibatch(x_step, target_step, next(masks))

    def _rows(self, n: int, steps: int) -> Iterator[datasets.Integers]:
        """Rows (T, D, N) of the next minibatches among all D * n examples, T at most `steps`."""
        batch_size = self.structure.batch_size
        orders = [datasets.epochs(n, batch_size, seed) for seed in self.seeds]
        at_once = -(-steps // (n // batch_size))  # epochs
        while True:
            order = np.concatenate(
                [
                    np.stack([next(epochs) + i * n for i, epochs in enumerate(orders)], 1)
                    for _ in range(at_once)
                ]
            )
            yield from (order[start : start + steps] for start in range(0, len(order), steps))

    def first_minibatch(self, member: int) -> Minibatch:
        """The first minibatch of one member (M = 1); does not advance the others."""
        plan = FleetPlan(specs=(self.specs[member],), members=(0,), watched=(0,))
        return next(Feed(plan, self.device, self.dtype).minibatches())

    def _gather(self, rows: Tensor, index: Tensor) -> Tensor:
        """Rows (D*n, F) at an index (T, D, N), for every member: (T, M, N, F)."""
        gathered = rows.index_select(0, index.view(-1)).view(*index.shape, -1)
        return self._for_members(gathered, 1)

    def _for_members(self, values: Tensor, axis: int) -> Tensor:
        if len(self.seeds) == 1:  # all members share the same memory
            sizes = list(values.shape)
            sizes[axis] = len(self.specs)
            return values.expand(sizes)
        return values.index_select(axis, self.of_member) if self.is_shared else values

    def _dropout_masks(self) -> Iterator[tuple[Tensor, ...] | None]:
        network, p = self.structure.network, self.structure.network.dropout
        shape = (network.depth, network.width, self.structure.batch_size)
        streams = [datasets.dropout_uniforms(shape, spec.seed) for spec in self.specs] if p else []
        while True:
            if not streams:
                yield None
                continue
            kept = np.stack([next(stream) for stream in streams], 1) >= p  # (L, M, F, N)
            yield (sent(torch.from_numpy(kept), self.device).to(self.dtype) / (1 - p)).unbind(0)

    def _tensor(self, values: Array) -> Tensor:
        # Rounded to the fleet's precision on the CPU: mps has no float64.
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.dtype).to(self.device)


def _one_hot(y: datasets.Integers, classes: int) -> datasets.Floats:
    return np.eye(classes)[y]
