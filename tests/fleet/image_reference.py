"""One image network of plain `torch.nn`, trained alone: what every fleet must equal."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnlab.export.script.norm_modules import RMSNorm, StandardizedConv2d
from bnlab.fleet.nn.init import first_kernels, first_weight
from bnlab.spec.member import MemberSpec, NormSpec
from tests.fleet.nn.reference_norms import RELATIVES, relative
from tests.fleet.reference import ACTIVATIONS, Reference


class OfPositions(nn.Module):
    """A norm of (n, C) on images: every position of every example is a row."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        rows = x.permute(0, 2, 3, 1)
        return self.norm(rows.flatten(0, 2)).view(rows.shape).permute(0, 3, 1, 2)


def image_norm_module(spec: NormSpec, channels: int, *, positions: int) -> nn.Module:
    """The norm as students know it, on (N, C, H, W)."""
    module: nn.Module
    if spec.kind == "none":
        return nn.Identity()
    if spec.kind == "batch":
        momentum = None if spec.momentum == "cumulative" else spec.momentum
        module = nn.BatchNorm2d(channels, eps=spec.eps, momentum=momentum)
    elif spec.kind == "layer":
        module = nn.GroupNorm(1, channels, eps=spec.eps)
    elif spec.kind in RELATIVES:
        ghost_size = spec.ghost_size * positions
        seen = spec.model_copy(update={"ghost_size": ghost_size})
        module = OfPositions(relative(seen, channels))
    elif spec.kind in ("group", "group_ws"):
        module = nn.GroupNorm(math.gcd(spec.groups, channels), channels, eps=spec.eps)
    else:
        module = RMSNorm(channels)
        module.eps = spec.eps
    for name, parameter in module.named_parameters():
        if spec.affine not in ("both", name.removeprefix("norm.")):
            parameter.requires_grad_(False)
    return module


class Side(nn.Module):
    """One convolution, or four side by side as in an inception network."""

    def __init__(self, spec: MemberSpec, inputs: int, outputs: int, *, bias: bool) -> None:
        super().__init__()
        make = StandardizedConv2d if spec.norm.kind == "group_ws" else nn.Conv2d
        quarter = outputs // 4
        makes = [(outputs, 3)]
        if spec.network.kind == "inception":
            makes = [(quarter, 1), (outputs - 3 * quarter, 3), (quarter, 5), (quarter, 1)]
        self.parts = nn.ModuleList(
            make(inputs, channels, size, padding=size // 2, bias=bias) for channels, size in makes
        )
        for part in self.parts:
            part.eps = spec.norm.eps

    def forward(self, x: Tensor) -> Tensor:
        if len(self.parts) == 1:
            return self.parts[0](x)
        seen = [x, x, x, F.max_pool2d(x, 3, stride=1, padding=1)]
        return torch.cat([part(one) for part, one in zip(self.parts, seen, strict=True)], 1)


class ImageReference(Reference):
    """The image network of a spec, with the fleet's first weights, data and optimizer."""

    def __init__(self, spec: MemberSpec, dtype: torch.dtype = torch.float64) -> None:
        super().__init__(spec.replace({"network.kind": "dense", "norm.kind": "none"}), dtype)
        self.spec, network, facts = spec, spec.network, spec.data.facts
        assert facts.image is not None
        sizes = [facts.image[0], *[network.width] * network.depth]
        has_bias = not (spec.norm.takes_bias_away and network.norm_placement == "before")
        self.input_norm = (
            image_norm_module(spec.norm, sizes[0], positions=64)
            if network.norm_on_input
            else nn.Identity()
        )
        self.linears = nn.ModuleList(
            Side(spec, inputs, outputs, bias=has_bias) for inputs, outputs in pairwise(sizes)
        )
        halved = HALVED[network.kind][network.depth]
        self.norms = nn.ModuleList(
            image_norm_module(
                spec.norm, width, positions=16 if halved and layer >= halved[0] else 64
            )
            for layer, width in enumerate(sizes[1:])
        )
        self._begin_norms()
        self.to(dtype)
        with torch.no_grad():
            for layer, side in enumerate(self.linears):
                for part, kernel in zip(side.parts, first_kernels(spec, layer), strict=True):
                    part.weight.copy_(torch.from_numpy(kernel))
                    if part.bias is not None:
                        part.bias.zero_()
            self.output.weight.copy_(torch.from_numpy(first_weight(spec, network.depth)))
        self.optimizer = self._optimizer()

    def forward(self, x: Tensor, *, has_dropout: bool = True) -> Tensor:
        network, image = self.spec.network, self.spec.data.facts.image
        p = network.dropout if self.training and has_dropout else 0.0
        uniforms = torch.from_numpy(next(self.uniforms)).mT if p else None  # (L, N, C)
        activate = ACTIVATIONS[network.activation]
        is_before = network.norm_placement == "before"
        self.pre_activations = []
        x = self.input_norm(x.reshape(len(x), *image))
        skip = x
        for layer, (side, norm) in enumerate(zip(self.linears, self.norms, strict=True)):
            if layer in HALVED[network.kind][network.depth]:
                x = F.avg_pool2d(x, 2) if network.kind == "resnet" else F.max_pool2d(x, 2)
            if network.kind == "resnet" and layer % 2 == 1:
                skip = x
            z = side(x)
            self.pre_activations.append(z)
            is_end = layer > 0 and (layer % 2 == 0 or layer == network.depth - 1)
            added = skip if network.kind == "resnet" and is_end else 0.0
            x = activate(norm(z) + added) if is_before else norm(activate(z + added))
            if uniforms is not None:
                x = x * (uniforms[layer] >= p)[..., None, None] / (1 - p)
        return self.output(x.mean((2, 3)))


# In front of which layers digits are halved, by depth: written out, to hold the rule to.
HALVED: dict[str, dict[int, tuple[int, ...]]] = {
    "vgg": {1: (), 2: (1,), 3: (2,), 4: (2,), 5: (3,), 6: (3,)},
    "inception": {1: (), 2: (1,), 3: (2,), 4: (2,), 5: (3,), 6: (3,)},
    "resnet": {1: (), 2: (1,), 3: (1,), 4: (3,), 5: (3,), 6: (3,)},
}

SMALL_IMAGES = {
    "data.name": "digits",
    "data.train_size": 200,  # exact statistics are those of all of them
    "network.kind": "vgg",
    "network.depth": 3,
    "network.width": 8,
    "norm.groups": 2,
    "norm.ghost_size": 4,
    "norm.renorm_from": 1,
    "norm.frozen_from": 4,
    "batch_size": 12,
    "steps": 8,
    "evaluate_every": 4,
}


def small_images(**overrides: object) -> MemberSpec:
    """A spec of a tiny image network; overrides by dotted path, with __ for the dot."""
    named = {path.replace("__", "."): value for path, value in overrides.items()}
    return MemberSpec().replace({**SMALL_IMAGES, **named})  # type: ignore[dict-item]
