"""Activations: torch's own kernels forward and backward, and where each of them is flat."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

aten = torch.ops.aten


class Activation:
    """An activation y = f(x) that saves x or y for its backward pass."""

    saved: Tensor = torch.empty(0)
    overwrites_input = False  # set where x is not needed after forward
    overwrites_gradient = False  # set where the gradient is not needed after backward

    def forward(self, x: Tensor) -> Tensor:
        """y = f(x)."""
        raise NotImplementedError

    def backward(self, gradient: Tensor) -> Tensor:
        """dL/dx = dL/dy f'(x)."""
        raise NotImplementedError

    def derivative(self) -> Tensor:
        """f'(x) at the values of the last forward."""
        return self.backward(torch.ones_like(self.saved))

    def is_flat(self, y: Tensor) -> Tensor:
        """Where the values of the last forward are in a flat part: f' nearly 0."""
        return self.derivative().abs() < 0.05

    def has_no_gradient(self) -> Tensor:
        """Where f' is 0, or under .05 of its maximum."""
        return self.derivative().abs() < 0.05


class ReLU(Activation):
    """max(x, 0)."""

    def forward(self, x: Tensor) -> Tensor:
        self.saved = torch.relu_(x) if self.overwrites_input else torch.relu(x)
        return self.saved

    def backward(self, gradient: Tensor) -> Tensor:
        if self.overwrites_gradient:
            return aten.threshold_backward.grad_input(gradient, self.saved, 0, grad_input=gradient)
        return aten.threshold_backward.default(gradient, self.saved, 0)

    def is_flat(self, y: Tensor) -> Tensor:
        return y == 0

    def has_no_gradient(self) -> Tensor:
        return self.saved == 0


class LeakyReLU(Activation):
    """x above 0, .01 x below: never quite flat."""

    slope: ClassVar[float] = 0.01

    def forward(self, x: Tensor) -> Tensor:
        self.saved = x
        return F.leaky_relu(x, self.slope)

    def backward(self, gradient: Tensor) -> Tensor:
        return aten.leaky_relu_backward.default(gradient, self.saved, self.slope, False)

    def is_flat(self, y: Tensor) -> Tensor:
        return torch.zeros_like(y, dtype=torch.bool)

    def has_no_gradient(self) -> Tensor:
        return torch.zeros_like(self.derivative(), dtype=torch.bool)


class GELU(Activation):
    """x Phi(x), with Phi the normal distribution function."""

    def forward(self, x: Tensor) -> Tensor:
        self.saved = x
        return F.gelu(x)

    def backward(self, gradient: Tensor) -> Tensor:
        return aten.gelu_backward.default(gradient, self.saved)


class Tanh(Activation):
    """tanh(x)."""

    def forward(self, x: Tensor) -> Tensor:
        self.saved = torch.tanh(x)
        return self.saved

    def backward(self, gradient: Tensor) -> Tensor:
        return aten.tanh_backward.default(gradient, self.saved)

    def is_flat(self, y: Tensor) -> Tensor:
        return y.abs() > 0.95


class Sigmoid(Activation):
    """1 / (1 + exp(-x)); its slope is at most 1/4."""

    def forward(self, x: Tensor) -> Tensor:
        self.saved = torch.sigmoid(x)
        return self.saved

    def backward(self, gradient: Tensor) -> Tensor:
        return aten.sigmoid_backward.default(gradient, self.saved)

    def is_flat(self, y: Tensor) -> Tensor:
        return (y - 0.5).abs() > 0.45

    def has_no_gradient(self) -> Tensor:
        return self.derivative() < 0.05 * 0.25


class Identity(Activation):
    """x: a linear network."""

    def forward(self, x: Tensor) -> Tensor:
        self.saved = x
        return x

    def backward(self, gradient: Tensor) -> Tensor:
        return gradient


ACTIVATIONS: dict[str, type[Activation]] = {
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "gelu": GELU,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "identity": Identity,
}
