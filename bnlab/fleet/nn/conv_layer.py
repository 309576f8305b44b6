"""One hidden layer of image networks: pooling, convolution, norm, skip, activation, dropout."""

from __future__ import annotations

from torch import Tensor

from bnlab.fleet.nn.activations import ACTIVATIONS
from bnlab.fleet.nn.conv_norms import OnImages, as_images, as_minibatch
from bnlab.fleet.nn.convolution import Convolution, Halving
from bnlab.fleet.nn.dense import HiddenLayer
from bnlab.fleet.nn.norms import NOTHING, Norm
from bnlab.spec.image_layers import ImageLayer
from bnlab.spec.member import MemberSpec


class ConvLayer(HiddenLayer):
    """Pooling, convolution, norm, the block's skip and activation, then dropout of channels."""

    def __init__(self, convolution: Convolution, norm: Norm, spec: MemberSpec) -> None:
        self.linear: Convolution = convolution
        self.layout: ImageLayer = convolution.layer
        self.norm, self.members = norm, convolution.members
        self.activation = ACTIVATIONS[spec.network.activation]()
        self.norm_is_first = spec.network.norm_placement == "before"
        self.has_skip = self.layout.ends_block
        self.halving = Halving(takes_mean=spec.network.kind == "resnet")
        self.mask: Tensor | None = None
        self.z = self.a = self.z_gradient = self.y_gradient = NOTHING

    def shown(self, values: Tensor) -> Tensor:
        """Values of this layer as (M, C, N*H*W); three axes have this form already."""
        return values if values.dim() == 3 else as_minibatch(values, self.members)

    def halved(self, x: Tensor) -> Tensor:
        """The previous layer's output as the convolution and the skip see it."""
        return self.halving.forward(x) if self.layout.is_halved else x

    def respond(self, z: Tensor, skip: Tensor | None, *, training: bool) -> Tensor:
        """The layer's output before dropout, from z = W * x + b."""
        self.z = z
        if self.norm_is_first:
            y = normalized(self.norm, z, training=training)
            self.a = self.activation.forward(y if skip is None else y + skip)
            return self.a
        self.a = self.activation.forward(z if skip is None else z + skip)
        return normalized(self.norm, self.a, training=training)

    def drop(self, h: Tensor, mask: Tensor | None) -> Tensor:
        """h with dropout of whole channels; mask (M, C, N) has 0 or 1/(1-p)."""
        self.mask = None if mask is None else mask.permute(2, 0, 1).flatten(1)[..., None, None]
        return h if self.mask is None else h * self.mask

    def respond_backward(self, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """dL/dz, and dL/ds of the skip."""
        if self.mask is not None:
            gradient = gradient * self.mask
        if self.norm_is_first:
            self.y_gradient = skip_gradient = self.activation.backward(gradient)
            self.z_gradient = self._normalized_backward(skip_gradient)
        else:
            self.y_gradient = gradient
            inner = self._normalized_backward(gradient)
            self.z_gradient = skip_gradient = self.activation.backward(inner)
        return self.z_gradient, skip_gradient

    def _normalized_backward(self, gradient: Tensor) -> Tensor:
        if isinstance(self.norm, OnImages):
            return self.norm.backward(gradient)
        return as_images(self.norm.backward(as_minibatch(gradient, self.members)), gradient)

    def forget(self) -> None:
        self.z = self.a = self.z_gradient = self.y_gradient = NOTHING
        self.activation.saved = NOTHING
        self.linear.forget()
        self.halving.forget()
        self.norm.forget()


def normalized(norm: Norm, images: Tensor, *, training: bool) -> Tensor:
    """Images (N, M*C, H, W) after a norm."""
    if isinstance(norm, OnImages):
        return norm.forward(images, training=training)
    y = norm.forward(as_minibatch(images, norm.members), training=training)
    return as_images(y, images)
