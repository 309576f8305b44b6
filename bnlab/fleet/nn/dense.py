"""M dense networks of equal structure as one: forward and backward pass written by hand.

Activations are (M, F, N): members, features, minibatch. A hidden layer is

    z = W h + b,    a = activation(norm(z))  or  norm(activation(z)),    h' = dropout(a) (+ h)

and the output layer gives logits (M, K, N). Each part has `forward` and `backward`; backward
turns dL/d(output) into dL/d(input) and fills in the gradients of the part's parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

import torch
from torch import Tensor

from bnlab.fleet.nn.activations import ACTIVATIONS
from bnlab.fleet.nn.batch_norm import BatchNorm
from bnlab.fleet.nn.norm_kinds import NORMS
from bnlab.fleet.nn.norms import NOTHING, Norm
from bnlab.fleet.nn.parameters import Blocks
from bnlab.fleet.nn.standardized import standardized, standardized_backward
from bnlab.spec.member import MemberSpec


def is_same_for_all(x: Tensor) -> bool:
    """Whether all members share the same memory, as they do in a sweep of one seed (`Feed`)."""
    return x.stride(0) == 0 and len(x) > 1


class Linear:
    """z = W h + b with W (M, out, in), b (M, out, 1) or None."""

    def __init__(self, name: str, parameters: Blocks, gradients: Blocks) -> None:
        self.weight, self.weight_gradient = (
            parameters[f"{name}.weight"],
            gradients[f"{name}.weight"],
        )
        self.bias, self.bias_gradient = (
            parameters.get(f"{name}.bias"),
            gradients.get(f"{name}.bias"),
        )
        self.weight_transposed = self.weight.mT
        self.x = NOTHING

    def forward(self, x: Tensor) -> Tensor:
        self.x = x
        if is_same_for_all(x):  # one product for all: (M*out, in) by (in, N)
            rows, shared = self.weight.flatten(0, 1), x[0]
            if self.bias is None:
                z = torch.mm(rows, shared)
            else:
                z = torch.addmm(self.bias.flatten(0, 1), rows, shared)
            return z.view(len(x), -1, x.shape[2])
        if self.bias is None:
            return torch.bmm(self.weight, x)
        return torch.baddbmm(self.bias, self.weight, x)

    def backward(self, gradient: Tensor) -> Tensor:
        self.accumulate(gradient)
        return torch.bmm(self.weight_transposed, gradient)

    def accumulate(self, gradient: Tensor) -> None:
        """Fill in only the gradients of W and b: all that the first layer needs."""
        if is_same_for_all(self.x):
            rows = self.weight_gradient.flatten(0, 1)
            torch.mm(gradient.flatten(0, 1), self.x[0].mT, out=rows)
        else:
            torch.bmm(gradient, self.x.mT, out=self.weight_gradient)
        if self.bias_gradient is not None:
            torch.sum(gradient, 2, keepdim=True, out=self.bias_gradient)


class StandardizedLinear(Linear):
    """z = W_hat h + b with W standardized over its inputs: see `standardized`."""

    def __init__(self, name: str, parameters: Blocks, gradients: Blocks, *, eps: float) -> None:
        super().__init__(name, parameters, gradients)
        self.learned, self.eps, self.inverse_std = self.weight, eps, NOTHING

    def forward(self, x: Tensor) -> Tensor:
        self.weight, self.inverse_std = standardized(self.learned, eps=self.eps)
        self.weight_transposed = self.weight.mT
        return super().forward(x)

    def accumulate(self, gradient: Tensor) -> None:
        super().accumulate(gradient)
        of_learned = standardized_backward(self.weight_gradient, self.weight, self.inverse_std)
        self.weight_gradient.copy_(of_learned)


class HiddenLayer:
    """Linear, norm and activation in the order of the spec, then dropout and the skip."""

    def __init__(self, linear: Linear, norm: Norm, spec: MemberSpec, *, has_skip: bool) -> None:
        self.linear, self.norm = linear, norm
        self.activation = ACTIVATIONS[spec.network.activation]()
        self.norm_is_first = spec.network.norm_placement == "before"
        # Batch norm saves its input, not its output; only a skip needs a gradient twice.
        self.activation.overwrites_input = self.norm_is_first and type(norm) is BatchNorm
        self.activation.overwrites_gradient = not has_skip
        self.has_skip = has_skip
        self.mask: Tensor | None = None
        self.z = self.a = self.z_gradient = NOTHING  # for the probes

    def forward(self, x: Tensor, *, training: bool, mask: Tensor | None = None) -> Tensor:
        """h' (M, F, N); `mask` has 0 or 1/(1-p) for each activation."""
        self.mask = mask
        self.z = self.linear.forward(x)
        if self.norm_is_first:
            h = self.a = self.activation.forward(self.norm.forward(self.z, training=training))
        else:
            self.a = self.activation.forward(self.z)
            h = self.norm.forward(self.a, training=training)
        if mask is not None:
            h = h * mask
        return h + x if self.has_skip else h

    def backward(self, gradient: Tensor, *, is_first: bool) -> Tensor:
        """dL/dx; for the first layer, whose input needs no gradient, dL/dz."""
        inner = gradient if self.mask is None else gradient * self.mask
        if self.norm_is_first:
            self.z_gradient = self.norm.backward(self.activation.backward(inner))
        else:
            self.z_gradient = self.activation.backward(self.norm.backward(inner))
        if is_first:
            self.linear.accumulate(self.z_gradient)
            return self.z_gradient
        inner = self.linear.backward(self.z_gradient)
        return inner + gradient if self.has_skip else inner

    def shown(self, values: Tensor) -> Tensor:
        """Values of this layer as (M, F, N), the form that probes and questions use."""
        return values

    def forget(self) -> None:
        """Drop what backward and the probes need."""
        self.z = self.a = self.z_gradient = self.linear.x = self.activation.saved = NOTHING
        self.norm.forget()


class Network:
    """M networks that share a structure, on the parameters given to them.

    Args:
        spec: of any member, for their common structure.
        parameters: see `architectures.shapes_of`; shared by a network and its twins.
        momentum: of the running statistics, in place of the spec's.
    """

    def __init__(
        self, spec: MemberSpec, parameters: Blocks, *, momentum: float | None = None
    ) -> None:
        self.spec, self.parameters = spec, parameters
        self.gradients = parameters.zeros_like()
        self.members = len(parameters["output.weight"])
        self.input_norm = self._input_norm() if spec.network.norm_on_input else None
        self.hidden = self._hidden_layers()
        self.output = Linear("output", parameters, self.gradients)
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
        """Logits (M, K, N) of inputs (M, F, N).

        Args:
            training: normalize with the minibatch and update the running statistics.
            masks: of dropout, one (M, F, N) per hidden layer.
            keep: keep what `backward` and the probes need.
        """
        h = self._normalized_input(x, training=training)
        for index, layer in enumerate(self.hidden):
            h = layer.forward(h, training=training, mask=masks[index] if masks else None)
            if not keep:
                layer.forget()
        return self.output.forward(h)

    def _normalized_input(self, x: Tensor, *, training: bool) -> Tensor:
        if self.input_norm is None:
            return x
        return self.input_norm.forward(x.contiguous(), training=training)

    def backward(self, gradient: Tensor) -> None:
        """Fill `gradients` from dL/dlogits (M, K, N), after a forward in training with keep."""
        gradient = self.output.backward(gradient)
        for layer in reversed(self.hidden[1:]):
            gradient = layer.backward(gradient, is_first=False)
        first = self.hidden[0]
        gradient = first.backward(gradient, is_first=True)
        if self.input_norm is not None:
            self.input_norm.backward(torch.bmm(first.linear.weight_transposed, gradient))

    def recalibrate(self, x: Tensor, *, layers: int | None = None) -> None:
        """Replace the running statistics by exact ones, of all examples x (M, F, N).

        Layer by layer: each layer sees its inputs through the exact statistics of those before it.

        Args:
            layers: how many hidden layers to recalibrate; all if not given.
        """
        for norm in self.batch_norms():
            norm.is_recalibrating = True
        h = self._normalized_input(x, training=False)
        for layer in self.hidden[:layers]:
            h = layer.forward(h, training=False)
            layer.forget()
        for norm in self.batch_norms():
            norm.is_recalibrating = False

    def twin(self) -> Self:
        """A network on the same parameters, with its own gradients and running statistics.

        Its running statistics are those of the last batch it saw in training mode.
        """
        twin = type(self)(self.spec, self.parameters, momentum=1.0)
        for mine, its in zip(self.norms(), twin.norms(), strict=True):
            its.follow(mine)
        return twin

    def select(self, members: Tensor) -> Self:
        """A copy of some members, running statistics included."""
        chosen = type(self)(self.spec, self.parameters.select(members))
        for mine, copied in zip(self.batch_norms(), chosen.batch_norms(), strict=True):
            copied.copy_statistics(mine, members)
        return chosen

    def norms(self) -> Iterator[Norm]:
        """The norm on the input, if there is one, and those of the hidden layers."""
        if self.input_norm is not None:
            yield self.input_norm
        for layer in self.hidden:
            yield layer.norm

    def batch_norms(self) -> Iterator[BatchNorm]:
        """The norms that have running statistics."""
        return (norm for norm in self.norms() if isinstance(norm, BatchNorm))

    def linears(self) -> list[Linear]:
        """All linear layers, the output layer last."""
        return [layer.linear for layer in self.hidden] + [self.output]

    def _input_norm(self) -> Norm:
        return self._norm("input.norm", self.spec.data.facts.features)

    def _hidden_layers(self) -> list[HiddenLayer]:
        network = self.spec.network
        return [
            HiddenLayer(
                self._linear(f"{layer}.linear"),
                self._norm(f"{layer}.norm", network.width),
                self.spec,
                has_skip=network.skips and layer > 0,
            )
            for layer in range(network.depth)
        ]

    def _linear(self, name: str) -> Linear:
        if self.spec.norm.kind == "group_ws":
            eps = self.spec.norm.eps
            return StandardizedLinear(name, self.parameters, self.gradients, eps=eps)
        return Linear(name, self.parameters, self.gradients)

    def _norm(self, name: str, features: int) -> Norm:
        make, like = NORMS[self.spec.norm.kind], self.parameters.flat
        norm = make(self.spec.norm, features=features, members=self.members, like=like)
        return self._bound(name, norm)

    def _bound(self, name: str, norm: Norm) -> Norm:
        """A norm with its parameters and their gradients."""
        for part in norm.learned(self.spec.norm):
            norm.bind(part, self.parameters[f"{name}.{part}"], self.gradients[f"{name}.{part}"])
        return norm
