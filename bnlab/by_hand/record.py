"""What a forward and a backward pass of batch norm computed: every step, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bnlab.by_hand.operations import BACKWARD, FORWARD, Step, steps_of

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Forward:
    """The inputs of `forward` and every step it took; iterates over the steps in order."""

    x: Array  # (N, F) or (N, C, H, W), like centred, x_hat and y
    weight: Array  # (F,) gamma
    bias: Array  # (F,) beta
    eps: float
    mean: Array  # (F,)
    centred: Array
    variance: Array  # (F,) biased: divided by m
    std: Array  # (F,) with eps inside the square root
    x_hat: Array
    y: Array

    @property
    def m(self) -> int:
        """How many values the minibatch has for one unit."""
        return self.x.size // self.x.shape[1]

    def __iter__(self) -> Iterator[Step]:
        return steps_of(FORWARD, self)


@dataclass(frozen=True, eq=False)
class Backward:
    """The gradient of the loss for every step of the forward pass; iterates over them in order."""

    forward: Forward
    grad_y: Array  # like x: the gradient from above
    grad_bias: Array  # (F,)
    grad_weight: Array  # (F,)
    grad_x_hat: Array  # like x
    grad_variance: Array  # (F,)
    grad_mean: Array  # (F,)
    grad_x: Array  # like x

    def __iter__(self) -> Iterator[Step]:
        return steps_of(BACKWARD, self)
