"""Convolutions of M members as one, and the pooling between them, forward and backward.

Images are (N, M*C, H, W): the channels of all members side by side, one group per member.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from bnlab.fleet.nn.dense import Linear
from bnlab.fleet.nn.norms import NOTHING
from bnlab.fleet.nn.parameters import Blocks
from bnlab.fleet.nn.standardized import standardized, standardized_backward
from bnlab.spec.image_layers import ImageLayer, Kernel

aten = torch.ops.aten


def weight_shape(layer: ImageLayer) -> tuple[int, ...]:
    """The shape for one member: (C, C', k, k), or for parallel branches all weights in a row."""
    if len(layer.kernels) > 1:
        return (layer.weights,)
    (kernel,) = layer.kernels
    return (kernel.outputs, kernel.inputs, kernel.side, kernel.side)


class Convolution(Linear):
    """z = W * x + b, with one kernel, or with parallel kernels whose channels are concatenated.

    The weights are (M, *weight_shape(layer)), b is (M, C, 1) or None.

    Args:
        standardized_eps: standardize each channel's weights before they are used, with this eps.
    """

    def __init__(
        self,
        name: str,
        layer: ImageLayer,
        parameters: Blocks,
        gradients: Blocks,
        *,
        standardized_eps: float | None = None,
    ) -> None:
        self.layer, self.x = layer, NOTHING
        self.weight = parameters[f"{name}.weight"]
        self.weight_gradient = gradients[f"{name}.weight"]
        self.bias = parameters.get(f"{name}.bias")
        self.bias_gradient = gradients.get(f"{name}.bias")
        self.members = len(self.weight)
        self.branches = [Branch(kernel, self.members, standardized_eps) for kernel in layer.kernels]

    def forward(self, x: Tensor) -> Tensor:
        self.x = x
        weights = self._split(self.weight)
        if len(weights) == 1:
            bias = None if self.bias is None else self.bias.view(-1)
            return self.branches[0].forward(x, weights[0], bias)
        made = [
            branch.forward(x, weight) for branch, weight in zip(self.branches, weights, strict=True)
        ]
        # (N, M, c, H, W) of each branch: the branches of a member become adjacent
        z = torch.cat([part.unflatten(1, (self.members, -1)) for part in made], 2).flatten(1, 2)
        return z if self.bias is None else z.add_(self.bias.view(-1, 1, 1))

    def backward(self, gradient: Tensor) -> Tensor:
        return self._backward(gradient, with_input=True)

    def accumulate(self, gradient: Tensor) -> None:
        self._backward(gradient, with_input=False)

    def _backward(self, gradient: Tensor, *, with_input: bool) -> Tensor:
        if self.bias_gradient is not None:
            torch.sum(gradient, (0, 2, 3), out=self.bias_gradient.view(-1))
        sizes = [kernel.outputs for kernel in self.layer.kernels]
        parts = gradient.unflatten(1, (self.members, -1)).split(sizes, 2)
        x_gradient = NOTHING
        for branch, part, weight, place in zip(
            self.branches,
            parts,
            self._split(self.weight),
            self._split(self.weight_gradient),
            strict=True,
        ):
            one = branch.backward(
                part.flatten(1, 2), self.x, weight, place=place, with_input=with_input
            )
            x_gradient = one if x_gradient is NOTHING else x_gradient.add_(one)
        return x_gradient

    def _split(self, block: Tensor) -> list[Tensor]:
        """The part of a block for each kernel: (M, C, C', k, k), a view."""
        parts = block.flatten(1).split([kernel.weights for kernel in self.layer.kernels], 1)
        return [
            part.view(self.members, kernel.outputs, kernel.inputs, kernel.side, kernel.side)
            for part, kernel in zip(parts, self.layer.kernels, strict=True)
        ]

    def forget(self) -> None:
        """Drop what backward needs."""
        self.x = NOTHING
        for branch in self.branches:
            branch.forget()


class Branch:
    """One kernel, possibly after a 3×3 max pooling."""

    def __init__(self, kernel: Kernel, members: int, standardized_eps: float | None) -> None:
        self.kernel, self.members, self.eps = kernel, members, standardized_eps
        self.pooled = self.places = NOTHING
        self.w_hat = self.inverse_std = NOTHING  # of standardized weights (M, C, C' k k)

    def forward(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """(N, M*C, H, W) from x (N, M*C', H, W) and weight (M, C, C', k, k)."""
        if self.kernel.follows_maximum:
            self.pooled, self.places = maxima(x, side=3, stride=1, padding=1)
            x = self.pooled
        if self.eps is not None:
            self.w_hat, self.inverse_std = standardized(weight.flatten(2), eps=self.eps)
            weight = self.w_hat.view_as(weight)
        around = self.kernel.side // 2
        return F.conv2d(x, weight.flatten(0, 1), bias, padding=around, groups=self.members)

    def backward(
        self, gradient: Tensor, x: Tensor, weight: Tensor, *, place: Tensor, with_input: bool
    ) -> Tensor:
        """dL/dx if `with_input`; writes dL/dW to `place` (M, C, C', k, k)."""
        if self.eps is not None:
            weight = self.w_hat.view_as(weight)
        around = self.kernel.side // 2
        seen = self.pooled if self.kernel.follows_maximum else x
        x_gradient, weight_gradient, _ = aten.convolution_backward.default(
            gradient, seen, weight.flatten(0, 1), None, (1, 1), (around, around), (1, 1), False,
            (0, 0), self.members, (with_input, True, False),
        )  # fmt: skip
        weight_gradient = weight_gradient.view_as(place)
        if self.eps is not None:
            of_used = weight_gradient.flatten(2)
            weight_gradient = standardized_backward(of_used, self.w_hat, self.inverse_std)
        place.copy_(weight_gradient.view_as(place))
        if not with_input:
            return NOTHING
        if self.kernel.follows_maximum:
            return aten.max_pool2d_with_indices_backward.default(
                x_gradient, x, (3, 3), (1, 1), (1, 1), (1, 1), False, self.places
            )
        return x_gradient

    def forget(self) -> None:
        """Drop what backward needs."""
        self.pooled = self.places = self.w_hat = self.inverse_std = NOTHING


def maxima(x: Tensor, *, side: int, stride: int, padding: int) -> tuple[Tensor, Tensor]:
    """The maximum of each square of x (N, C, H, W), and its place in the image."""
    # Channels last: on a CPU torch's max pooling is many times faster so, copies included.
    last = x.contiguous(memory_format=torch.channels_last)
    y, places = F.max_pool2d(last, side, stride, padding, return_indices=True)
    return y.contiguous(), places.contiguous()


class Halving:
    """2×2 max or mean pooling before a layer. An odd last row is dropped."""

    def __init__(self, *, takes_mean: bool) -> None:
        self.takes_mean = takes_mean
        self.x = self.places = NOTHING

    def forward(self, x: Tensor) -> Tensor:
        """(N, M*C, H // 2, W // 2)."""
        self.x = x
        if self.takes_mean:
            return F.avg_pool2d(x, 2)
        y, self.places = maxima(x, side=2, stride=2, padding=0)
        return y

    def backward(self, gradient: Tensor) -> Tensor:
        """dL/dx."""
        if self.takes_mean:
            return aten.avg_pool2d_backward.default(
                gradient, self.x, (2, 2), (2, 2), (0, 0), False, True, None
            )
        return aten.max_pool2d_with_indices_backward.default(
            gradient, self.x, (2, 2), (2, 2), (0, 0), (1, 1), False, self.places
        )

    def forget(self) -> None:
        """Drop what backward needs."""
        self.x = self.places = NOTHING
