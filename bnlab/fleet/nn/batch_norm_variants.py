"""Variants of batch norm: other statistics of the minibatch, or another use of them.

All keep running statistics as batch norm does, r <- (1 - momentum) r + momentum * (mean, unbiased
var), and normalize with them in eval mode.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from bnlab.fleet.nn.batch_norm import BatchNorm
from bnlab.fleet.nn.norms import NOTHING, Norm
from bnlab.spec.member import NormSpec


class Relative(BatchNorm):
    """Base of the variants, which count their steps and know whose statistics they follow.

    The norm of a twin follows that of the network it measures: it reads from there whatever the
    next training step would read, and keeps in its own running statistics, as every twin does,
    those of the batch it sees.
    """

    counters = ("batches", "steps")

    def __init__(self, spec: NormSpec, *, features: int, members: int, like: Tensor) -> None:
        super().__init__(spec, features=features, members=members, like=like)
        self.steps = 0  # training minibatches; a reset leaves it alone
        self.followed: Relative = self

    def follow(self, original: Norm) -> None:
        if isinstance(original, Relative):
            self.followed = original

    def copy_statistics(self, other: BatchNorm, members: Tensor) -> None:
        super().copy_statistics(other, members)
        if isinstance(other, Relative):
            self.steps = other.followed.steps

    def _begin_step(self) -> int:
        """The number of this minibatch, counted from 1; only a norm in training advances it."""
        step = self.followed.steps + 1
        if self.followed is self:
            self.steps = step
        return step

    def scale_and_shift(self) -> tuple[Tensor, Tensor]:
        """k and t (M*F,) with x_hat = k x + t in eval mode, without gamma and beta."""
        k = (self.running_var + self.spec.eps).rsqrt()
        return k, -k * self.running_mean


class Moments(NamedTuple):
    """Mean and biased variance (M, F, G) of the G parts of a minibatch, usually one."""

    sizes: list[int]  # of the parts
    mean: Tensor
    variance: Tensor
    centred: Tensor  # (M, F, N): x minus the mean of its part


class Composed(Relative):
    """Base of the variants without a torch kernel: torch operations, backward by hand.

    Activations stay (M, F, N).
    """

    part_weights: tuple[list[list[float]], Tensor] = ([], NOTHING)  # of running statistics

    def bind(self, name: str, parameter: Tensor, gradient: Tensor) -> None:
        Norm.bind(self, name, parameter, gradient)

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        channels = x.reshape(1, self.channels, -1)
        if self.is_recalibrating:
            self._recalibrate(channels[0])
        if training and self.keeps_minibatch:
            self.minibatch = channels
        return Norm.forward(self, x, training=training)

    def backward(self, gradient: Tensor) -> Tensor:
        return Norm.backward(self, gradient)

    def normalized(self) -> Tensor:
        return self.x_hat

    def normalize(self, x: Tensor, *, training: bool) -> Tensor:
        if not training:
            k, t = (part.view(self.members, -1, 1) for part in self.scale_and_shift())
            return x * k + t
        parts = self._moments(x)
        x_hat = self.normalize_minibatch(x, parts, step=self._begin_step())
        if self.followed is self:
            self._remember(parts)
        else:
            self._recalibrate(x.reshape(self.channels, -1))
        return x_hat

    def normalize_minibatch(self, x: Tensor, parts: Moments, *, step: int) -> Tensor:
        """x_hat (M, F, N) in training mode; saves what the backward pass needs."""
        raise NotImplementedError

    def _moments(self, x: Tensor) -> Moments:
        mean = x.mean(2, keepdim=True)
        centred = x - mean
        return Moments([x.shape[2]], mean, centred.square().mean(2, keepdim=True), centred)

    def _remember(self, parts: Moments) -> None:
        """Update the running statistics with each part in order, as torch would."""
        kept, weights = 1.0, list[float]()
        for _ in parts.sizes:
            self.batches += 1
            momentum = 1 / self.batches if self.momentum is None else self.momentum
            kept, weights = kept * (1 - momentum), [(1 - momentum) * w for w in weights]
            weights.append(momentum)
        if self.is_frozen:
            return
        unbiased = [n / (n - 1) if n > 1 else math.nan for n in parts.sizes]
        rows = [weights, unbiased]
        if rows != self.part_weights[0]:  # rare: the copy makes a device wait
            self.part_weights = rows, parts.mean.new_tensor(rows)
        of_mean, of_var = self.part_weights[1]
        self.running_mean.mul_(kept).add_((parts.mean @ of_mean).view(-1))
        self.running_var.mul_(kept).add_((parts.variance @ (of_mean * of_var)).view(-1))


class CentreOnly(Composed):
    """x_hat = x - mean: batch norm without the division.

    dL/dx = g - mean g. Source: Salimans & Kingma 2016 (1602.07868), section 4.
    """

    is_shift_free = True

    def normalize_minibatch(self, x: Tensor, parts: Moments, *, step: int) -> Tensor:
        return parts.centred

    def normalize_backward(self, gradient: Tensor) -> Tensor:
        return gradient - gradient.mean(2, keepdim=True)

    def scale_and_shift(self) -> tuple[Tensor, Tensor]:
        return torch.ones_like(self.running_mean), -self.running_mean


class ScaleOnly(Composed):
    """x_hat = x / s with s = sqrt(var + eps): batch norm that does not subtract the mean.

    dL/dx = g / s - (x - mean) mean(g x) / s^3. Source: the division of Ioffe & Szegedy 2015
    (1502.03167), algorithm 1, on its own.
    """

    is_shift_free = False
    centred = NOTHING

    def normalize_minibatch(self, x: Tensor, parts: Moments, *, step: int) -> Tensor:
        self.centred = parts.centred
        self.inverse_std = (parts.variance + self.spec.eps).rsqrt()
        return x * self.inverse_std

    def normalize_backward(self, gradient: Tensor) -> Tensor:
        slope = (gradient * self.x_hat).mean(2, keepdim=True) * self.inverse_std.square()
        result = gradient * self.inverse_std
        return result.addcmul_(self.centred, slope, value=-1)

    def scale_and_shift(self) -> tuple[Tensor, Tensor]:
        k = (self.running_var + self.spec.eps).rsqrt()
        return k, torch.zeros_like(k)

    def forget(self) -> None:
        super().forget()
        self.centred = NOTHING


class GhostBatchNorm(Composed):
    """Batch norm of each `ghost_size` examples on their own, in the order of the minibatch.

    The running statistics see one ghost batch after the other. A batch that is not a multiple (of
    a probe, or a question) ends with a shorter part; a single leftover example joins the last.
    Source: Hoffer, Hubara & Soudry 2017 (1705.08741), algorithm 1.
    """

    is_shift_free = True

    def normalize_minibatch(self, x: Tensor, parts: Moments, *, step: int) -> Tensor:
        inverse_std = (parts.variance + self.spec.eps).rsqrt()
        self.inverse_std = self._of_examples(inverse_std, x.shape[2])
        return parts.centred * self.inverse_std

    def normalize_backward(self, gradient: Tensor) -> Tensor:
        slope = self._own_mean(gradient * self.x_hat)
        result = torch.addcmul(gradient - self._own_mean(gradient), self.x_hat, slope, value=-1)
        return result.mul_(self.inverse_std)

    def _moments(self, x: Tensor) -> Moments:
        mean = self._means(x)
        centred = x - self._of_examples(mean, x.shape[2])
        return Moments(self._sizes(x.shape[2]), mean, self._means(centred.square()), centred)

    def _sizes(self, n: int) -> list[int]:
        """The number of examples in each ghost batch."""
        ends = [*range(0, n - 1, self.spec.ghost_size), n]  # none begins at n - 1: one example
        return [end - start for start, end in pairwise(ends)]

    def _means(self, x: Tensor) -> Tensor:
        """The mean (M, F, G) of each ghost batch."""
        if x.shape[2] % self.spec.ghost_size == 0:
            return x.unflatten(2, (-1, self.spec.ghost_size)).mean(3)
        parts = x.split(self._sizes(x.shape[2]), 2)
        return torch.cat([part.mean(2, keepdim=True) for part in parts], 2)

    def _of_examples(self, values: Tensor, n: int) -> Tensor:
        """Values (M, F, G) repeated for each example (M, F, N)."""
        if n % self.spec.ghost_size == 0:
            return values.repeat_interleave(self.spec.ghost_size, 2)
        sizes = torch.tensor(self._sizes(n), device=values.device)
        return values.repeat_interleave(sizes, 2)

    def _own_mean(self, x: Tensor) -> Tensor:
        """For each example, the mean over its ghost batch (M, F, N)."""
        return self._of_examples(self._means(x), x.shape[2])
