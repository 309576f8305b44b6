"""The layers of image networks: which convolutions they hold, and how large their images are.

Sizes only, as plain numbers, so that specs, scripts and fleets all read the same layout:

- vgg: `depth` layers of 3×3 convolutions, one after the other. Source: 1409.1556.
- resnet: a first 3×3 convolution, then blocks of two with a skip connection around each; with an
  even depth the last block has one. Source: 1512.03385.
- inception: `depth` layers of four parallel branches side by side: 1×1, 3×3, 5×5, and a 3×3
  maximum with a 1×1 convolution. Source: 1409.4842.

Every layer has `width` channels and keeps the size of its image. Images are halved (2×2) at equal
distances over the depth, as long as both sides remain 4 or more. The mean of each channel over the
last image is the input of the output layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

ImageKind = Literal["vgg", "resnet", "inception"]
IMAGE_KINDS: Final[tuple[ImageKind, ...]] = ("vgg", "resnet", "inception")
BRANCHES: Final = 4  # in a layer of an inception network

_SMALLEST_SIDE = 4


@dataclass(frozen=True)
class Kernel:
    """One convolution with stride 1 that keeps the size of its image."""

    outputs: int  # channels
    inputs: int
    side: int  # 1, 3 or 5
    follows_maximum: bool = False  # a 3×3 maximum with stride 1 before it

    @property
    def weights(self) -> int:
        return self.outputs * self.inputs * self.side**2


@dataclass(frozen=True)
class ImageLayer:
    """One hidden layer: convolutions side by side, their channels one after the other."""

    kernels: tuple[Kernel, ...]
    height: int
    width: int
    is_halved: bool  # 2×2 pooling before it: the mean in a resnet, otherwise the maximum
    starts_block: bool = False  # a skip connection starts at its input …
    ends_block: bool = False  # … and is added before the activation of this layer

    @property
    def weights(self) -> int:
        return sum(kernel.weights for kernel in self.kernels)

    @property
    def positions(self) -> int:
        return self.height * self.width


@lru_cache(maxsize=1024)
def image_layers(
    kind: ImageKind, *, depth: int, width: int, image: tuple[int, int, int]
) -> tuple[ImageLayer, ...]:
    """The hidden layers of an image network.

    Args:
        image: channels, height and width of an input.
    """
    channels, height, side = image
    blocks = _blocks(kind, depth)
    stages = 1
    while stages < len(blocks) and min(height, side) >> stages >= _SMALLEST_SIDE:
        stages += 1
    layers: list[ImageLayer] = []
    for index, block in enumerate(blocks):
        stage = index * stages // len(blocks)
        is_halved = index > 0 and stage > (index - 1) * stages // len(blocks)
        has_skip = kind == "resnet" and index > 0
        layers += [
            ImageLayer(
                kernels=_kernels(kind, width, width if layer else channels),
                height=height >> stage,
                width=side >> stage,
                is_halved=is_halved and layer == block[0],
                starts_block=has_skip and layer == block[0],
                ends_block=has_skip and layer == block[-1],
            )
            for layer in block
        ]
    return tuple(layers)


def _blocks(kind: ImageKind, depth: int) -> list[range]:
    """Groups of layers without pooling inside."""
    if kind == "resnet":
        return [range(1), *(range(first, min(first + 2, depth)) for first in range(1, depth, 2))]
    return [range(layer, layer + 1) for layer in range(depth)]


def _kernels(kind: ImageKind, outputs: int, inputs: int) -> tuple[Kernel, ...]:
    if kind != "inception":
        return (Kernel(outputs, inputs, 3),)
    quarter = outputs // BRANCHES
    return (
        Kernel(quarter, inputs, 1),
        Kernel(outputs - 3 * quarter, inputs, 3),
        Kernel(quarter, inputs, 5),
        Kernel(quarter, inputs, 1, follows_maximum=True),
    )
