"""Norms: one class each. A new norm is a class with `normalize`, entered in `norm_kinds.NORMS`.

Activations are (M, F, N): members, features, minibatch. Every norm is

    y = weight * x_hat + bias,    x_hat = normalize(x),    weight and bias (M, F), learned.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from bnlab.spec.member import NormSpec

NOTHING = torch.empty(0)
LARGE = 2**14  # values in a minibatch from which a kernel's pace outweighs a few more calls


class Norm:
    """Base of all norms: gamma and beta, and a way back for norms that bring only `normalize`."""

    parameters: ClassVar[tuple[str, ...]] = ("weight", "bias")
    is_shift_free: ClassVar[bool] = False  # y does not change when x + b is put for x
    counters: ClassVar[tuple[str, ...]] = ()  # attributes that count minibatches of training

    def __init__(self, spec: NormSpec, *, features: int, members: int, like: Tensor) -> None:
        self.spec, self.features, self.members = spec, features, members
        self.weight: Tensor | None = None  # (M, F, 1), as the two gradients
        self.bias: Tensor | None = None
        self.weight_gradient = self.bias_gradient = NOTHING
        self.x = self.x_hat = NOTHING

    @classmethod
    def learned(cls, spec: NormSpec) -> tuple[str, ...]:
        """Which of weight and bias this norm learns."""
        names = {"both": ("weight", "bias"), "none": ()}.get(spec.affine, (spec.affine,))
        return tuple(name for name in names if name in cls.parameters)

    def bind(self, name: str, parameter: Tensor, gradient: Tensor) -> None:
        """Take a learned weight or bias (M, F, 1) and the place of its gradient."""
        setattr(self, name, parameter)
        setattr(self, f"{name}_gradient", gradient)

    def normalize(self, x: Tensor, *, training: bool) -> Tensor:
        """x_hat (M, F, N)."""
        raise NotImplementedError

    def normalize_backward(self, gradient: Tensor) -> Tensor:
        """dL/dx from dL/dx_hat; here by torch, norms on the fast path write it out."""
        with torch.inference_mode(mode=False), torch.enable_grad():
            x = self.x.clone().requires_grad_()
            x_hat = self.normalize(x, training=True)
            return torch.autograd.grad(x_hat, x, gradient.clone())[0]

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """y (M, F, N)."""
        self.x = x
        self.x_hat = y = self.normalize(x, training=training)
        if self.weight is not None:
            y = y * self.weight
        return y if self.bias is None else y + self.bias

    def backward(self, gradient: Tensor) -> Tensor:
        """dL/dx from dL/dy; fills the gradients of weight and bias."""
        if self.bias is not None:
            torch.sum(gradient, 2, keepdim=True, out=self.bias_gradient)
        if self.weight is not None:
            torch.sum(gradient * self.x_hat, 2, keepdim=True, out=self.weight_gradient)
            gradient = gradient * self.weight
        return self.normalize_backward(gradient)

    def normalized(self) -> Tensor:
        """x_hat of the last forward."""
        return self.x_hat

    def output(self) -> Tensor:
        """y of the last forward, from x_hat."""
        y = self.normalized()
        if self.weight is not None:
            y = y * self.weight.view(self.members, -1, 1)
        return y if self.bias is None else y + self.bias.view(self.members, -1, 1)

    def seed(self, seeds: Sequence[int], *, place: int) -> None:
        """Take the members' seeds, and one's place in the network: for norms that use chance."""

    def host_numbers(self) -> Hashable:
        """All numbers of the host that the next minibatch of training will meet."""
        return None

    def follow(self, original: Norm) -> None:
        """Be the twin of another norm: for norms that depend on what happened before."""

    def forget(self) -> None:
        """Let go of what backward needs."""
        self.x = self.x_hat = NOTHING


class NoNorm(Norm):
    """y = x: what is "normalized" passes unchanged."""

    parameters = ()

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        self.x_hat = x
        return x

    def backward(self, gradient: Tensor) -> Tensor:
        return gradient


class BatchNorm(Norm):
    """Over the minibatch, for each feature: torch's own kernel, members as channels.

    x_hat = (x - mean) / sqrt(var + eps) with the biased variance of the minibatch; in eval mode
    with the running statistics, r <- (1 - momentum) r + momentum * (mean, unbiased var).

    Source: Ioffe & Szegedy 2015 (1502.03167), algorithm 1.
    """

    is_shift_free = True
    counters: ClassVar[tuple[str, ...]] = ("batches",)

    def __init__(self, spec: NormSpec, *, features: int, members: int, like: Tensor) -> None:
        super().__init__(spec, features=features, members=members, like=like)
        self.momentum: float | None = None if spec.momentum == "cumulative" else spec.momentum
        self.batches = 0  # seen in training since the start or a reset
        self.is_frozen = False
        self.is_settling = False
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
        if self.is_settling:
            self._settle(self.x[0])
        if training and self.keeps_minibatch:
            self.minibatch = self.x
        if training and x.is_cpu and x.numel() >= LARGE:
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
        """y (1, M*F, N) of training by torch's group norm with a group for each channel.

        The same sums: but on a processor that kernel takes them three times as fast.
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
        """(1, M*F, N) from (M, F, N), which is the same for one member."""
        return x if self.members == 1 else x.view(1, self.channels, -1)

    def _as_members(self, x: Tensor) -> Tensor:
        """(M, F, N) from (1, M*F, N)."""
        return x if self.members == 1 else x.view(self.members, self.features, -1)

    def _settle(self, x: Tensor) -> None:
        """Make the running statistics exactly those of x (M*F, N): fast where N is large."""
        torch.mean(x, 1, out=self.running_mean)
        centred = x - self.running_mean.unsqueeze(1)
        torch.sum(centred.square_(), 1, out=self.running_var)
        self.running_var.div_(x.shape[1] - 1)

    def reset(self) -> None:
        """Begin the running statistics again, as torch's reset_running_stats does."""
        self.running_mean.zero_()
        self.running_var.fill_(1)
        self.batches = 0

    def copy_statistics(self, other: BatchNorm, members: Tensor) -> None:
        """Take over the running statistics of some members of another norm."""
        for name in ("running_mean", "running_var"):
            theirs = getattr(other, name).view(other.members, -1)
            getattr(self, name).copy_(theirs[members].view(-1))


_batch_norm_backward = torch.ops.aten.native_batch_norm_backward.default


class GroupNorm(Norm):
    """Over groups of features, for each example.

    Where the features cannot be cut into `groups` equal parts (inputs, with the norm on the
    input), the greatest common divisor is taken. Source: Wu & He 2018 (1803.08494).
    """

    def __init__(self, spec: NormSpec, *, features: int, members: int, like: Tensor) -> None:
        super().__init__(spec, features=features, members=members, like=like)
        self.groups = self._groups()
        self.inverse_std = NOTHING

    def _groups(self) -> int:
        return math.gcd(self.spec.groups, self.features)

    def normalize(self, x: Tensor, *, training: bool) -> Tensor:
        grouped = self._grouped(x)
        centred = grouped - grouped.mean(2, keepdim=True)
        variance = centred.square().mean(2, keepdim=True)
        self.inverse_std = variance.add_(self.spec.eps).rsqrt_()
        return centred.mul_(self.inverse_std).view_as(x)

    def normalize_backward(self, gradient: Tensor) -> Tensor:
        # dL/dx = (g - mean g - x_hat mean(g x_hat)) / std, means over the group
        g, x_hat = self._grouped(gradient), self._grouped(self.x_hat)
        slope = (g * x_hat).mean(2, keepdim=True)
        result = torch.addcmul(g - g.mean(2, keepdim=True), x_hat, slope, value=-1)
        return result.mul_(self.inverse_std).view_as(gradient)

    def _grouped(self, x: Tensor) -> Tensor:
        return x.view(self.members, self.groups, -1, x.shape[2])  # (M, G, F/G, N)


class LayerNorm(GroupNorm):
    """Over all features, for each example. Source: Ba, Kiros & Hinton 2016 (1607.06450)."""

    def _groups(self) -> int:
        return 1


class RMSNorm(Norm):
    """x / rms(x) over the features, for each example; no mean, no beta (as torch.nn.RMSNorm).

    Source: Zhang & Sennrich 2019 (1910.07467).
    """

    parameters = ("weight",)

    def __init__(self, spec: NormSpec, *, features: int, members: int, like: Tensor) -> None:
        super().__init__(spec, features=features, members=members, like=like)
        self.inverse_rms = NOTHING

    def normalize(self, x: Tensor, *, training: bool) -> Tensor:
        self.inverse_rms = x.square().mean(1, keepdim=True).add_(self.spec.eps).rsqrt_()
        return x * self.inverse_rms

    def normalize_backward(self, gradient: Tensor) -> Tensor:
        # dL/dx = (g - x_hat mean(g x_hat)) / rms
        slope = (gradient * self.x_hat).mean(1, keepdim=True)
        return torch.addcmul(gradient, self.x_hat, slope, value=-1).mul_(self.inverse_rms)
