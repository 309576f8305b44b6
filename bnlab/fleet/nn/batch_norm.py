"""Batch norm: torch's own kernel, with the members of a fleet as additional channels."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import ClassVar

import torch
from torch import Tensor

from bnlab.fleet.nn.norms import NOTHING, Norm
from bnlab.spec.member import NormSpec

LARGE = 2**14  # values in a minibatch above which a faster kernel outweighs a few more calls


class BatchNorm(Norm):
    """Over the minibatch, for each feature: torch's own kernel, members as channels.

    x_hat = (x - mean) / sqrt(var + eps) with the biased variance of the minibatch; in eval mode
    with the running statistics, r <- (1 - momentum) r + momentum * (mean, unbiased var).

    Source: Ioffe & Szegedy 2015 (1502.03167), algorithm 1.
    """

    is_shift_free = True
    counters: ClassVar[tuple[str, ...]] = ("batches",)
    large: ClassVar[float] = LARGE

    def __init__(self, spec: NormSpec, *, features: int, members: int, like: Tensor) -> None:
        super().__init__(spec, features=features, members=members, like=like)
        self.momentum: float | None = None if spec.momentum == "cumulative" else spec.momentum
        self.batches = 0  # training minibatches since the start or a reset
        self.is_frozen = False
        self.is_recalibrating = False
        self.keeps_minibatch = False
        self.channels = members * features
        self.running_mean = like.new_zeros(self.channels)
        self.running_var = like.new_ones(self.channels)
        self.mean = self.inverse_std = NOTHING  # of the last minibatch (M*F,)
        self.minibatch = NOTHING  # x of the last training minibatch (1, M*F, N), if it is kept

    def bind(self, name: str, parameter: Tensor, gradient: Tensor) -> None:
        super().bind(name, parameter.view(-1), gradient.view(-1))

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        self.batches += training
        momentum = 1 / max(self.batches, 1) if self.momentum is None else self.momentum
        self.x = self._as_channels(x)
        if self.is_recalibrating:
            self._recalibrate(self.x[0])
        if training and self.keeps_minibatch:
            self.minibatch = self._kept(self.x)
        if training and x.is_cpu and x.numel() >= self.large:
            return self._as_members(self._normalize_minibatch(self.x, momentum))
        # Frozen: torch's momentum 0, without its 0 * infinity once a network has diverged.
        is_resting = training and self.is_frozen
        y, self.mean, self.inverse_std = torch.native_batch_norm(
            self.x, self.weight, self.bias,
            None if is_resting else self.running_mean, None if is_resting else self.running_var,
            training, momentum, self.spec.eps,
        )  # fmt: skip
        return self._as_members(y)

    def _normalize_minibatch(self, x: Tensor, momentum: float) -> Tensor:
        """y (1, M*F, N) in training mode by torch's group norm, one group per channel.

        The same sums, but on a CPU this kernel is three times as fast.
        """
        n = x.shape[2]
        y, mean, inverse_std = torch.native_group_norm(
            x, self.weight, self.bias, 1, self.channels, n, self.channels, self.spec.eps
        )
        self.mean, self.inverse_std = mean[0], inverse_std[0]
        if not self.is_frozen:
            # var = 1 / inverse_std^2 - eps, unbiased: times n / (n - 1)
            unbiased = n / (n - 1) if n > 1 else math.nan
            var = self.inverse_std.pow(-2).sub_(self.spec.eps).clamp_min_(0).mul_(unbiased)
            self.running_mean.lerp_(self.mean, momentum)
            self.running_var.lerp_(var, momentum)
        return y

    def backward(self, gradient: Tensor) -> Tensor:
        x_gradient, weight_gradient, bias_gradient = _batch_norm_backward(
            self._as_channels(gradient), self.x, self.weight, self.running_mean, self.running_var,
            self.mean, self.inverse_std, True, self.spec.eps,
            (True, self.weight is not None, self.bias is not None),
        )  # fmt: skip
        if self.weight is not None:
            self.weight_gradient.copy_(weight_gradient)
        if self.bias is not None:
            self.bias_gradient.copy_(bias_gradient)
        return self._as_members(x_gradient)

    def normalized(self) -> Tensor:
        x_hat = (self.x - self.mean.view(1, -1, 1)) * self.inverse_std.view(1, -1, 1)
        return self._as_members(x_hat)

    def host_numbers(self) -> Hashable:
        momentum = 1 / (self.batches + 1) if self.momentum is None else self.momentum
        return momentum, self.is_frozen

    def _as_channels(self, x: Tensor) -> Tensor:
        """(1, M*F, N) from (M, F, N); for one member they are the same."""
        return x if self.members == 1 else x.view(1, self.channels, -1)

    def _as_members(self, x: Tensor) -> Tensor:
        """(M, F, N) from (1, M*F, N)."""
        return x if self.members == 1 else x.view(self.members, self.features, -1)

    def _kept(self, x: Tensor) -> Tensor:
        """(1, M*F, N) from the kernel's input."""
        return x

    def _recalibrate(self, x: Tensor) -> None:
        """Set the running statistics to those of x (M*F, N); fast for large N."""
        torch.mean(x, 1, out=self.running_mean)
        centred = x - self.running_mean.unsqueeze(1)
        torch.sum(centred.square_(), 1, out=self.running_var)
        self.running_var.div_(x.shape[1] - 1)

    def reset(self) -> None:
        """Reset the running statistics to 0 and 1, as torch's reset_running_stats does."""
        self.running_mean.zero_()
        self.running_var.fill_(1)
        self.batches = 0

    def copy_statistics(self, other: BatchNorm, members: Tensor) -> None:
        """Copy the running statistics of some members of another norm."""
        for name in ("running_mean", "running_var"):
            theirs = getattr(other, name).view(other.members, -1)
            getattr(self, name).copy_(theirs[members].view(-1))


_batch_norm_backward = torch.ops.aten.native_batch_norm_backward.default
