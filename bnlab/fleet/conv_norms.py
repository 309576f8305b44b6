"""Norms of image networks, on images (N, M*C, H, W): minibatch, channels of all members, space.

gamma and beta are one a channel. Layer norm and group norm take, for each example, all positions
of their channels together, as torch.nn.GroupNorm does (layer norm is one group of all channels).
"""

from __future__ import annotations

import torch
from torch import Tensor

from bnlab.fleet.norms import BatchNorm, GroupNorm, NoNorm, Norm, RMSNorm
from bnlab.spec import NormSpec

aten = torch.ops.aten


class ImageBatchNorm(BatchNorm):
    """Over the minibatch and all positions, for each channel: torch's own kernel.

    Source: Ioffe & Szegedy 2015 (1502.03167), section 3.2.
    """

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        self.batches += training
        momentum = 1 / max(self.batches, 1) if self.momentum is None else self.momentum
        self.x = x
        if training and self.keeps_minibatch:
            self.minibatch = x.transpose(0, 1).reshape(1, self.channels, -1)
        # Frozen: torch's momentum 0, without its 0 * infinity once a network has diverged.
        is_resting = training and self.is_frozen
        y, self.mean, self.inverse_std = torch.native_batch_norm(
            x, self.weight, self.bias,
            None if is_resting else self.running_mean, None if is_resting else self.running_var,
            training, momentum, self.spec.eps,
        )  # fmt: skip
        return y

    def backward(self, gradient: Tensor) -> Tensor:
        x_gradient, weight_gradient, bias_gradient = aten.native_batch_norm_backward.default(
            gradient, self.x, self.weight, self.running_mean, self.running_var,
            self.mean, self.inverse_std, True, self.spec.eps,
            (True, self.weight is not None, self.bias is not None),
        )  # fmt: skip
        if self.weight is not None:
            self.weight_gradient.copy_(weight_gradient)
        if self.bias is not None:
            self.bias_gradient.copy_(bias_gradient)
        return x_gradient

    def normalized(self) -> Tensor:
        return (self.x - self.mean.view(-1, 1, 1)) * self.inverse_std.view(-1, 1, 1)

    def settle_on(self, images: list[Tensor]) -> None:
        """Make the running statistics exactly those of all images, (n, M*C, H, W) each."""
        count = sum(part.shape[0] * part.shape[2] * part.shape[3] for part in images)
        self.running_mean.zero_()
        for part in images:
            self.running_mean.add_(part.sum((0, 2, 3)))
        self.running_mean.div_(count)
        self.running_var.zero_()
        for part in images:
            centred = part - self.running_mean.view(-1, 1, 1)
            self.running_var.add_(centred.square_().sum((0, 2, 3)))
        self.running_var.div_(count - 1)


class ImageGroupNorm(GroupNorm):
    """Over groups of channels and all positions, for each example: torch's own kernel.

    The groups of all members lie side by side, so that none reaches over two members.
    """

    def bind(self, name: str, parameter: Tensor, gradient: Tensor) -> None:
        super().bind(name, parameter.view(-1), gradient.view(-1))

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        self.x = x
        n, channels, height, width = x.shape
        y, self.mean, self.inverse_std = torch.native_group_norm(
            x, self.weight, self.bias, n, channels, height * width,
            self.members * self.groups, self.spec.eps,
        )  # fmt: skip
        return y

    def backward(self, gradient: Tensor) -> Tensor:
        n, channels, height, width = self.x.shape
        if self.bias is not None:
            torch.sum(gradient, (0, 2, 3), out=self.bias_gradient)
        x_gradient, weight_gradient, _ = aten.native_group_norm_backward.default(
            gradient.contiguous(), self.x, self.mean, self.inverse_std, self.weight,
            n, channels, height * width, self.members * self.groups,
            (True, self.weight is not None, False),
        )  # fmt: skip
        if self.weight is not None:
            self.weight_gradient.copy_(weight_gradient)
        return x_gradient

    def normalized(self) -> Tensor:
        grouped = self.x.view(len(self.x), self.members * self.groups, -1)
        x_hat = (grouped - self.mean.unsqueeze(2)) * self.inverse_std.unsqueeze(2)
        return x_hat.view_as(self.x)


class ImageLayerNorm(ImageGroupNorm):
    """Over all channels and positions, for each example."""

    def _groups(self) -> int:
        return 1


class ImageRMSNorm(RMSNorm):
    """x / rms(x) over all channels and positions, for each example."""

    def bind(self, name: str, parameter: Tensor, gradient: Tensor) -> None:
        super().bind(name, parameter.view(-1, 1, 1), gradient.view(-1))

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        of_members = self._of_members(x)
        self.inverse_rms = of_members.square().mean(2, keepdim=True).add_(self.spec.eps).rsqrt_()
        self.x_hat = (of_members * self.inverse_rms).view_as(x)
        return self.x_hat if self.weight is None else self.x_hat * self.weight

    def backward(self, gradient: Tensor) -> Tensor:
        # dL/dx = (g - x_hat mean(g x_hat)) / rms
        if self.weight is not None:
            torch.sum(gradient * self.x_hat, (0, 2, 3), out=self.weight_gradient)
            gradient = gradient * self.weight
        g, x_hat = self._of_members(gradient), self._of_members(self.x_hat)
        slope = (g * x_hat).mean(2, keepdim=True)
        return torch.addcmul(g, x_hat, slope, value=-1).mul_(self.inverse_rms).view_as(gradient)

    def normalized(self) -> Tensor:
        return self.x_hat

    def _of_members(self, x: Tensor) -> Tensor:
        """(N, M, C*H*W)."""
        return x.reshape(len(x), self.members, -1)


IMAGE_NORMS: dict[str, type[Norm]] = {
    "none": NoNorm,
    "batch": ImageBatchNorm,
    "layer": ImageLayerNorm,
    "group": ImageGroupNorm,
    "rms": ImageRMSNorm,
}


def image_norm(spec: NormSpec, *, channels: int, members: int, like: Tensor) -> Norm:
    """The norm of one layer of images."""
    return IMAGE_NORMS[spec.kind](spec, features=channels, members=members, like=like)
