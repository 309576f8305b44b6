"""The network without its norm (`NetworkSpec`): layers, width, activation, initial weights."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bnlab.spec.fields import Frozen
from bnlab.spec.image_layers import ImageKind, ImageLayer, image_layers

Activation = Literal["relu", "leaky_relu", "gelu", "tanh", "sigmoid", "identity"]
Init = Literal["he", "xavier", "normal", "orthogonal"]


class NetworkSpec(Frozen):
    """The network without its norm: layers, width, activation, initial weights."""

    kind: Literal["dense"] | ImageKind = Field(
        "dense",
        title="Kind",
        description="Architecture; dense: every unit is connected to every input. For images, "
        "convolutional: vgg: one after the other; resnet: with skip connections around pairs of "
        "them; inception: four of different sizes side by side.",
    )
    depth: int = Field(
        6,
        ge=1,
        le=64,
        title="Hidden layers",
        description="Number of hidden layers: of units (dense), of 3×3 convolutions (vgg, resnet) "
        "or of four parallel branches (inception).",
    )
    width: int = Field(
        32,
        ge=1,
        le=1024,
        title="Units per layer",
        description="Units in each hidden layer; in convolutional networks, channels.",
    )
    activation: Activation = Field(
        "relu", title="Activation", description="The nonlinearity after each hidden layer."
    )
    init: Init = Field(
        "he",
        title="Initial weights",
        description="Spread of the initial weights: he: sqrt(2/fan_in), xavier: "
        "sqrt(2/(fan_in + fan_out)), normal: the given standard deviation, "
        "orthogonal: orthonormal rows or columns.",
    )
    init_std: float = Field(
        0.1,
        gt=0.0,
        le=100.0,
        title="Standard deviation",
        description="Standard deviation of the initial weights; for normal only.",
    )
    gain: float = Field(
        1.0,
        ge=0.001,
        le=100.0,
        title="Gain",
        description="Factor by which the initial weights of the hidden layers are multiplied.",
    )
    dropout: float = Field(
        0.0,
        ge=0.0,
        le=0.95,
        title="Dropout",
        description="Share of activations set to 0 in training, after each hidden layer; "
        "in convolutional networks, of whole channels.",
    )
    norm_placement: Literal["before", "after"] = Field(
        "before",
        title="Norm placement",
        description="Normalize before the activation (as in the paper) or after it.",
    )
    norm_on_input: bool = Field(
        False,
        title="Norm on the input",
        description="Also normalize the input of the first layer.",
    )
    skips: bool = Field(
        False,
        title="Skip connections",
        description="Add each hidden layer's input to its output, from the second layer on; "
        "for dense networks (among convolutional networks, resnet has them).",
    )

    def image_layers(self, image: tuple[int, int, int] | None) -> tuple[ImageLayer, ...]:
        """The hidden layers as convolutions on images of this shape; empty for a dense network."""
        if self.kind == "dense" or image is None:
            return ()
        return image_layers(self.kind, depth=self.depth, width=self.width, image=image)
