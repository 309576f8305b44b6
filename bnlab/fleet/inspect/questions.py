"""Questions to a fleet between two steps; answering them leaves it unchanged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from torch import Tensor

from bnlab.fleet.evaluate import score
from bnlab.fleet.minibatches import Feed, Minibatch
from bnlab.fleet.nn.dense import Network
from bnlab.results.frames import Array
from bnlab.spec.fields import refusal

Answer = dict[str, Array]


class Inside(NamedTuple):
    """What a question may read, and must leave unchanged."""

    network: Network
    feed: Feed
    minibatch: Minibatch | None  # of the last step; None before the first
    step: int

    def minibatch_of(self, member: int) -> Minibatch:
        """The last training minibatch of one member (M = 1); before the first step, the first."""
        if self.minibatch is None:
            return self.feed.first_minibatch(member)
        x, target, masks = self.minibatch
        one = slice(member, member + 1)
        return Minibatch(x[one], target[one], masks and tuple(mask[one] for mask in masks))


Question = Callable[[Inside], Answer]  # raises ValueError where it does not fit


def evaluate(
    inside: Inside, *, part: Literal["validation", "test"], mode: Literal["eval", "train"]
) -> Answer:
    """loss and accuracy (M,) on one part of the data.

    Args:
        part: of each member's data.
        mode: eval normalizes with the running statistics, train with those of the part itself.
    """
    is_training = mode == "train"
    network = inside.network.twin() if is_training else inside.network
    loss, accuracy = score(network, inside.feed.part(part), training=is_training)
    return {"loss": to_numpy(loss), "accuracy": to_numpy(accuracy)}


def check_index(name: str, got: int, count: int) -> None:
    """Raise ValueError unless the index is one of `count`."""
    if not 0 <= got < count:
        raise refusal(name, got, f"0 to {count - 1}")


def to_numpy(values: Tensor) -> Array:
    """The values as numpy, in the precision of the training."""
    return np.ascontiguousarray(values.cpu().numpy())
