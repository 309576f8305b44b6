"""Norms, one class each. A new norm is a class with `normalize`, listed in `norm_kinds.NORMS`.

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


class Norm:
    """Base of all norms: gamma and beta, and backward for norms that only define `normalize`."""

    parameters: ClassVar[tuple[str, ...]] = ("weight", "bias")
    is_shift_free: ClassVar[bool] = False  # y is the same for x + b as for x
    counters: ClassVar[tuple[str, ...]] = ()  # attributes that count training minibatches

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
        """Attach a learned weight or bias (M, F, 1) and the tensor for its gradient."""
        setattr(self, name, parameter)
        setattr(self, f"{name}_gradient", gradient)

    def normalize(self, x: Tensor, *, training: bool) -> Tensor:
        """x_hat (M, F, N)."""
        raise NotImplementedError

    def normalize_backward(self, gradient: Tensor) -> Tensor:
        """dL/dx from dL/dx_hat: here by autograd; norms on the fast path write it out."""
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
        """dL/dx from dL/dy; fills in the gradients of weight and bias."""
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
        """Set the members' seeds and the norm's place in the network: for norms with noise."""

    def host_numbers(self) -> Hashable:
        """All host numbers that the next training minibatch depends on."""
        return None

    def follow(self, original: Norm) -> None:
        """Become the twin of another norm: for norms that depend on earlier minibatches."""

    def forget(self) -> None:
        """Drop what backward needs."""
        self.x = self.x_hat = NOTHING


class NoNorm(Norm):
    """y = x."""

    parameters = ()

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        self.x_hat = x
        return x

    def backward(self, gradient: Tensor) -> Tensor:
        return gradient


class GroupNorm(Norm):
    """Over groups of features, for each example.

    Where the features cannot be split into `groups` equal parts (inputs, with the norm on the
    input), the greatest common divisor is used. Source: Wu & He 2018 (1803.08494).
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
    inverse_rms = NOTHING

    def normalize(self, x: Tensor, *, training: bool) -> Tensor:
        self.inverse_rms = x.square().mean(1, keepdim=True).add_(self.spec.eps).rsqrt_()
        return x * self.inverse_rms

    def normalize_backward(self, gradient: Tensor) -> Tensor:
        # dL/dx = (g - x_hat mean(g x_hat)) / rms
        slope = (gradient * self.x_hat).mean(1, keepdim=True)
        return torch.addcmul(gradient, self.x_hat, slope, value=-1).mul_(self.inverse_rms)
