"""Norms of image networks: minibatch, channels of all members, height, width (N, M*C, H, W).

gamma and beta have one value per channel. Layer norm and group norm take, for each example, all
positions of their channels together, as torch.nn.GroupNorm does (layer norm is one group of all
channels).
The variants of batch norm are those of dense networks: they see channels as features, and the
positions of all examples, one example after the other, as the minibatch (M, C, N*H*W).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bnlab.fleet.nn.batch_norm import BatchNorm
from bnlab.fleet.nn.norm_kinds import NORMS
from bnlab.fleet.nn.norms import GroupNorm, NoNorm, Norm, RMSNorm
from bnlab.spec.member import NormSpec

aten = torch.ops.aten


class OnImages(Norm):
    """Base of the norms that work on images directly."""

    def output(self) -> Tensor:
        y = self.normalized()
        if self.weight is not None:
            y = y * self.weight.view(-1, 1, 1)
        return y if self.bias is None else y + self.bias.view(-1, 1, 1)


class ImageNoNorm(OnImages, NoNorm):
    """y = x."""


class ImageBatchNorm(OnImages, BatchNorm):
    """Over the minibatch and all positions, for each channel: torch's own kernel.

    Source: Ioffe & Szegedy 2015 (1502.03167), section 3.2.
    """

    large = math.inf

    def normalized(self) -> Tensor:
        return (self.x - self.mean.view(-1, 1, 1)) * self.inverse_std.view(-1, 1, 1)

    def _as_channels(self, x: Tensor) -> Tensor:
        return x

    def _as_members(self, x: Tensor) -> Tensor:
        return x

    def _kept(self, x: Tensor) -> Tensor:
        return x.transpose(0, 1).reshape(1, self.channels, -1)


class ImageGroupNorm(OnImages, GroupNorm):
    """Over groups of channels and all positions, for each example: torch's own kernel.

    The groups of all members are side by side, so that none spans two members.
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


class ImageRMSNorm(OnImages, RMSNorm):
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


IMAGE_NORMS: dict[str, type[Norm]] = NORMS | {
    "none": ImageNoNorm,
    "batch": ImageBatchNorm,
    "layer": ImageLayerNorm,
    "group": ImageGroupNorm,
    "group_ws": ImageGroupNorm,  # its convolutions standardize their weights
    "rms": ImageRMSNorm,
}


def image_norm(
    spec: NormSpec, *, channels: int, positions: int, members: int, like: Tensor
) -> Norm:
    """The norm of one layer whose images have `positions` positions."""
    # A ghost batch is `ghost_size` examples, each with all its positions.
    seen = spec.model_copy(update={"ghost_size": spec.ghost_size * positions})
    return IMAGE_NORMS[spec.kind](seen, features=channels, members=members, like=like)


def as_minibatch(images: Tensor, members: int) -> Tensor:
    """(M, C, N*H*W) from images (N, M*C, H, W)."""
    return images.unflatten(1, (members, -1)).permute(1, 2, 0, 3, 4).flatten(2)


def as_images(minibatch: Tensor, like: Tensor) -> Tensor:
    """Images of the shape of `like` (N, M*C, H, W) from (M, C, N*H*W)."""
    n, _, height, width = like.shape
    parts = minibatch.unflatten(2, (n, height, width))
    return parts.permute(2, 0, 1, 3, 4).flatten(1, 2)


def recalibrate_on(norm: BatchNorm, images: list[Tensor]) -> None:
    """Set the running statistics to those of all images, (n, M*C, H, W) each."""
    count = sum(part.shape[0] * part.shape[2] * part.shape[3] for part in images)
    norm.running_mean.zero_()
    for part in images:
        norm.running_mean.add_(part.sum((0, 2, 3)))
    norm.running_mean.div_(count)
    norm.running_var.zero_()
    for part in images:
        centred = part - norm.running_mean.view(-1, 1, 1)
        norm.running_var.add_(centred.square_().sum((0, 2, 3)))
    norm.running_var.div_(count - 1)
