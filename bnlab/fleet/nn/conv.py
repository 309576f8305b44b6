"""M image networks of equal structure as one: the way forward and the way back, by hand.

Images are (N, M*C, H, W). A hidden layer is

    z = W * x + b,    a = activation(norm(z) [+ s])  or  norm(activation(z [+ s])),    h' = mask(a)

with 2×2 pooling in front of some, and s the input of the block that the layer ends. The mean of
each channel over the last image goes to a linear output layer: logits (M, K, N).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bnlab.fleet.nn.batch_norm import BatchNorm
from bnlab.fleet.nn.conv_layer import ConvLayer, normalized
from bnlab.fleet.nn.conv_norms import (
    IMAGE_NORMS,
    OnImages,
    as_minibatch,
    image_norm,
    recalibrate_on,
)
from bnlab.fleet.nn.convolution import Convolution, weight_shape
from bnlab.fleet.nn.dense import Linear, Network
from bnlab.fleet.nn.norms import NOTHING, Norm
from bnlab.fleet.nn.parameters import Blocks
from bnlab.fleet.plan import RECALIBRATED_AT_ONCE
from bnlab.spec.image_layers import ImageLayer
from bnlab.spec.member import MemberSpec

VALUES_AT_ONCE = 2**22  # of one layer's activations in eval mode: 16 MB


class ConvNetwork(Network):
    """M image networks that share a structure; used like `Network`, on inputs (M, F, N)."""

    hidden: list[ConvLayer]  # type: ignore[assignment]

    def __init__(
        self, spec: MemberSpec, parameters: Blocks, *, momentum: float | None = None
    ) -> None:
        self.spec, self.parameters = spec, parameters
        self.gradients = parameters.zeros_like()
        self.members = len(parameters["output.weight"])
        self.image = channels, height, side = spec.data.facts.image or (1, 1, 1)
        self.input_norm = (
            self._norm("input.norm", channels, positions=height * side)
            if spec.network.norm_on_input
            else None
        )
        self.hidden = [
            ConvLayer(
                self._convolution(f"{index}.linear", layer),
                self._norm(f"{index}.norm", spec.network.width, positions=layer.positions),
                spec,
            )
            for index, layer in enumerate(spec.image_layers)
        ]
        self.output = Linear("output", self.parameters, self.gradients)
        if momentum is not None:
            for norm in self.batch_norms():
                norm.momentum = momentum

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

    def twin(self) -> ConvNetwork:
        twin = ConvNetwork(self.spec, self.parameters, momentum=1.0)
        for mine, its in zip(self.norms(), twin.norms(), strict=True):
            its.follow(mine)
        return twin

    def select(self, members: Tensor) -> ConvNetwork:
        chosen = ConvNetwork(self.spec, self.parameters.select(members))
        for mine, copied in zip(self.batch_norms(), chosen.batch_norms(), strict=True):
            copied.copy_statistics(mine, members)
        return chosen

    def _normalized_input(self, x: Tensor, *, training: bool) -> Tensor:
        images = self._as_images(x)
        if self.input_norm is None:
            return images
        return normalized(self.input_norm, images, training=training)

    def _as_images(self, x: Tensor) -> Tensor:
        """(N, M*C, H, W) from inputs (M, F, N)."""
        channels, height, width = self.image
        return x.permute(2, 0, 1).contiguous().view(-1, self.members * channels, height, width)

    def _parts(self, x: Tensor) -> tuple[Tensor, ...]:
        """Inputs (M, F, N) in parts of fewer examples, so that activations stay small."""
        first = self.hidden[0].layout
        of_example = self.members * self.spec.network.width * first.positions
        return x.split(max(1, VALUES_AT_ONCE // of_example), 2)

    def _convolution(self, name: str, layer: ImageLayer) -> Convolution:
        eps = self.spec.norm.eps if self.spec.norm.kind == "group_ws" else None
        return Convolution(name, layer, self.parameters, self.gradients, standardized_eps=eps)

    def _norm(self, name: str, features: int, *, positions: int = 1) -> Norm:
        norm = image_norm(
            self.spec.norm,
            channels=features,
            positions=positions,
            members=self.members,
            like=self.parameters.flat,
        )
        for part in norm.learned(self.spec.norm):
            norm.bind(part, self.parameters[f"{name}.{part}"], self.gradients[f"{name}.{part}"])
        return norm


def conv_shapes(spec: MemberSpec) -> dict[str, tuple[int, ...]]:
    """The parameters of one member by name, and their shapes: see `bnlab.fleet.nn.dense.shapes`."""
    facts, width = spec.data.facts, spec.network.width
    kind = IMAGE_NORMS[spec.norm.kind]
    learned = kind.learned(spec.norm)
    has_bias = not (kind.is_shift_free and spec.network.norm_placement == "before")
    named: dict[str, tuple[int, ...]] = {}
    if spec.network.norm_on_input and facts.image:
        named |= {f"input.norm.{part}": (facts.image[0], 1) for part in learned}
    for index, layer in enumerate(spec.image_layers):
        named[f"{index}.linear.weight"] = weight_shape(layer)
        if has_bias:
            named[f"{index}.linear.bias"] = (width, 1)
        named |= {f"{index}.norm.{part}": (width, 1) for part in learned}
    named["output.weight"] = (facts.classes, width)
    named["output.bias"] = (facts.classes, 1)
    return named
