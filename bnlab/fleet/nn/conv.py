"""M image networks of equal structure as one: forward and backward pass written by hand.

Images are (N, M*C, H, W). A hidden layer is

    z = W * x + b,    a = activation(norm(z) [+ s])  or  norm(activation(z [+ s])),    h' = mask(a)

with 2×2 pooling before some layers, and s the input of the block that the layer ends. The mean
of each channel over the last image goes to a linear output layer: logits (M, K, N).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bnlab.fleet.nn.batch_norm import BatchNorm
from bnlab.fleet.nn.conv_layer import ConvLayer, normalized
from bnlab.fleet.nn.conv_norms import (
    OnImages,
    as_minibatch,
    image_norm,
    recalibrate_on,
)
from bnlab.fleet.nn.convolution import Convolution
from bnlab.fleet.nn.dense import HiddenLayer, Network
from bnlab.fleet.nn.norms import NOTHING, Norm
from bnlab.fleet.plan import RECALIBRATED_AT_ONCE
from bnlab.spec.image_layers import ImageLayer

VALUES_AT_ONCE = 2**22  # activations of one layer in eval mode: 16 MB


class ConvNetwork(Network):
    """M image networks that share a structure; used like `Network`, on inputs (M, F, N)."""

    hidden: list[ConvLayer]  # type: ignore[assignment]

    def _input_norm(self) -> Norm:
        channels, height, width = self._image
        return self._image_norm("input.norm", channels, positions=height * width)

    def _hidden_layers(self) -> list[HiddenLayer]:
        spec = self.spec
        return [
            ConvLayer(
                self._convolution(f"{index}.linear", layer),
                self._image_norm(f"{index}.norm", spec.network.width, positions=layer.positions),
                spec,
            )
            for index, layer in enumerate(spec.image_layers)
        ]

    def forward(
        self,
        x: Tensor,
        *,
        training: bool,
        masks: Sequence[Tensor | None] | None = None,
        keep: bool = False,
    ) -> Tensor:
        if training or keep:
            return self._forward(x, training=training, masks=masks, keep=keep)
        return torch.cat([self._forward(part, training=False) for part in self._parts(x)], 2)

    def _forward(
        self,
        x: Tensor,
        *,
        training: bool,
        masks: Sequence[Tensor | None] | None = None,
        keep: bool = False,
    ) -> Tensor:
        h = self._normalized_input(x, training=training)
        skip = NOTHING
        for index, layer in enumerate(self.hidden):
            h = layer.halved(h)
            if layer.layout.starts_block:
                skip = h
            z = layer.linear.forward(h)
            h = layer.respond(z, skip if layer.has_skip else None, training=training)
            h = layer.drop(h, masks[index] if masks else None)
            if not keep:
                layer.forget()
        means = h.mean((2, 3)).unflatten(1, (self.members, -1))  # (N, M, C)
        return self.output.forward(means.permute(1, 2, 0).contiguous())

    def backward(self, gradient: Tensor) -> None:
        means = self.output.backward(gradient).permute(2, 0, 1).flatten(1)  # (N, M*C)
        last = self.hidden[-1]
        h = (means / last.layout.positions)[..., None, None].expand_as(last.a).contiguous()
        skip_gradient = NOTHING
        for layer in reversed(self.hidden[1:]):
            z_gradient, of_skip = layer.respond_backward(h)
            if layer.has_skip:
                skip_gradient = of_skip
            h = layer.linear.backward(z_gradient)
            if layer.layout.starts_block:
                h = h + skip_gradient
            if layer.layout.is_halved:
                h = layer.halving.backward(h)
        first = self.hidden[0]
        z_gradient, _ = first.respond_backward(h)
        if self.input_norm is None:
            first.linear.accumulate(z_gradient)
        else:
            of_input = first.linear.backward(z_gradient)
            if not isinstance(self.input_norm, OnImages):
                of_input = as_minibatch(of_input, self.members)
            self.input_norm.backward(of_input)

    def recalibrate(self, x: Tensor, *, layers: int | None = None) -> None:
        first = self.hidden[0].layout
        of_member = x.shape[2] * self.spec.network.width * first.positions
        at_once = max(1, RECALIBRATED_AT_ONCE // of_member)
        if at_once >= self.members:
            self._recalibrate(x, layers)
            return
        for members in torch.arange(self.members, device=x.device).split(at_once):
            some = self.select(members)
            some._recalibrate(x[members], layers)
            for mine, recalibrated in zip(self.batch_norms(), some.batch_norms(), strict=True):
                for name in ("running_mean", "running_var"):
                    whole, part = getattr(mine, name), getattr(recalibrated, name)
                    whole.view(self.members, -1)[members] = part.view(len(members), -1)

    def _recalibrate(self, x: Tensor, layers: int | None) -> None:
        images = [self._as_images(part) for part in self._parts(x)]
        if self.input_norm is not None:
            images = self._recalibrated(self.input_norm, images)
        skips = images
        for layer in self.hidden[:layers]:
            images = [layer.halved(part) for part in images]
            if layer.layout.starts_block:
                skips = images
            images = [layer.linear.forward(part) for part in images]
            images = self._responses(layer, images, skips)
            layer.forget()

    def _responses(
        self, layer: ConvLayer, images: list[Tensor], skips: list[Tensor]
    ) -> list[Tensor]:
        """The layer's outputs in eval mode, its norm recalibrated on all of them."""
        added = list[Tensor | None](skips) if layer.has_skip else [None] * len(images)
        if isinstance(layer.norm, BatchNorm):
            seen = images
            if not layer.norm_is_first:
                seen = [
                    layer.activation.forward(z if s is None else z + s)
                    for z, s in zip(images, added, strict=True)
                ]
            recalibrate_on(layer.norm, seen)
        return [layer.respond(z, s, training=False) for z, s in zip(images, added, strict=True)]

    @staticmethod
    def _recalibrated(norm: Norm, images: list[Tensor]) -> list[Tensor]:
        if isinstance(norm, BatchNorm):
            recalibrate_on(norm, images)
        return [normalized(norm, part, training=False) for part in images]

    def _normalized_input(self, x: Tensor, *, training: bool) -> Tensor:
        images = self._as_images(x)
        if self.input_norm is None:
            return images
        return normalized(self.input_norm, images, training=training)

    def _as_images(self, x: Tensor) -> Tensor:
        """(N, M*C, H, W) from inputs (M, F, N)."""
        channels, height, width = self._image
        return x.permute(2, 0, 1).contiguous().view(-1, self.members * channels, height, width)

    def _parts(self, x: Tensor) -> tuple[Tensor, ...]:
        """Split inputs (M, F, N) into parts of fewer examples, to bound the activations."""
        first = self.hidden[0].layout
        of_example = self.members * self.spec.network.width * first.positions
        return x.split(max(1, VALUES_AT_ONCE // of_example), 2)

    def _convolution(self, name: str, layer: ImageLayer) -> Convolution:
        eps = self.spec.norm.eps if self.spec.norm.kind == "group_ws" else None
        return Convolution(name, layer, self.parameters, self.gradients, standardized_eps=eps)

    def _image_norm(self, name: str, channels: int, *, positions: int) -> Norm:
        spec, like = self.spec.norm, self.parameters.flat
        norm = image_norm(
            spec, channels=channels, positions=positions, members=self.members, like=like
        )
        return self._bound(name, norm)

    @property
    def _image(self) -> tuple[int, int, int]:
        """Channels, height and width of an input."""
        return self.spec.data.facts.image or (1, 1, 1)
