"""A copy of one member of a fleet, for questions to work on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from bnlab.data.datasets import Data, Integers
from bnlab.fleet.inspect.questions import Inside
from bnlab.fleet.minibatches import Part
from bnlab.fleet.nn.dense import Network
from bnlab.results.frames import Array
from bnlab.spec.fields import refusal

MAX_WORK = 4e9  # multiply-adds for one answer: seconds on one thread
_VALUES_AT_ONCE = 2**21  # activations or copied weights of batches computed together


@dataclass(frozen=True)
class Alone:
    """A network of one member (M = 1) with its data, independent of the fleet."""

    network: Network
    data: Data

    @classmethod
    def of(cls, inside: Inside, member: int) -> Alone:
        """A copy of a member, running statistics included."""
        device = inside.feed.device
        network = inside.network.select(torch.tensor([member], device=device))
        return cls(network, inside.feed.loaded[int(inside.feed.of_member[member])])

    def inputs(self, part: Part) -> Tensor:
        """All inputs (F, N) of one part."""
        return self.tensor(getattr(self.data, f"x_{part}").T)

    def labels(self, part: Part) -> Integers:
        """All classes (N,) of one part."""
        labels: Integers = getattr(self.data, f"y_{part}")
        return labels

    def tensor(self, values: Array) -> Tensor:
        """Values in the precision, and on the device, of the network."""
        like = self.network.parameters.flat
        return torch.from_numpy(np.ascontiguousarray(values)).to(like.dtype).to(like.device)

    def logits(self, x: Tensor) -> Tensor:
        """Logits (K, N) of inputs (F, N), in eval mode."""
        return self.network.forward(x.unsqueeze(0), training=False)[0]

    def recalibrated(self) -> Alone:
        """The same with exact statistics of the training part in place of the running ones."""
        return self.recalibrated_on(self.inputs("train"))

    def recalibrated_on(self, x: Tensor) -> Alone:
        """The same with exact statistics of inputs x (F, N) in place of the running ones."""
        exact = self._copies(1)
        exact.recalibrate(x.unsqueeze(0))
        return Alone(exact, self.data)

    def batch_logits(self, x: Tensor, batches: Integers) -> Tensor:
        """Logits (D, K, B) in training mode: each row of indices (D, B) into x (F, N) is a batch.

        Batches take the place of members: one computation gives each its own statistics.

        Raises:
            ValueError: with batch norm, batches of one: in torch's words.
        """
        size = batches.shape[1]
        if self._values == 1 and size == 1 and any(self.network.batch_norms()):
            self._refuse_one_value(x)
        spec = self.network.spec
        values = max(self._numbers, spec.network.width * self._values * size)
        at_once = max(1, _VALUES_AT_ONCE // values)
        index = torch.from_numpy(batches).to(x.device)
        return torch.cat(
            [
                # x[:, chunk] is (F, D, B)
                self._copies(len(chunk)).forward(
                    x[:, chunk].transpose(0, 1).contiguous(), training=True
                )
                for chunk in index.split(at_once)
            ]
        )

    def check_work(self, examples: int) -> None:
        """Refuse to run too many examples through the network.

        Raises:
            ValueError: says how many are allowed.
        """
        most = int(MAX_WORK / max(self._numbers, self.network.spec.work))
        if examples > most:
            raise refusal(
                "examples to go through the network",
                f"{examples:,}",
                f"at most {most:,} for a network of {self._numbers:,} parameters",
            )

    @property
    def _values(self) -> int:
        """The most values that one example has per channel; one for a unit."""
        return max((layer.positions for layer in self.network.spec.image_layers), default=1)

    @property
    def _numbers(self) -> int:
        return self.network.parameters.flat.numel()

    def _copies(self, count: int) -> Network:
        """`count` copies of the network, as one."""
        index = torch.zeros(count, dtype=torch.int64, device=self.network.parameters.flat.device)
        return self.network.select(index)

    def _refuse_one_value(self, x: Tensor) -> None:
        """Let torch raise its error for a single value, which its bare kernel does not check."""
        first = next(self.network.batch_norms())
        F.batch_norm(x.new_zeros(1, first.features), None, None, training=True)


def accuracy(logits: Tensor, labels: Integers) -> float:
    """Share of correct predictions; NaN for a network whose outputs are NaN.

    Args:
        logits: (…, K, N)
        labels: (…, N)
    """
    best, answer = logits.max(-2)
    if best.isnan().any():
        return float("nan")
    return float((answer.cpu().numpy() == labels).mean())
