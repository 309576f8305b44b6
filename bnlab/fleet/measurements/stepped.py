"""Networks that a measurement trains step by step by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from bnlab.fleet.minibatches import Feed, Minibatch
from bnlab.fleet.nn.architectures import ARCHITECTURES
from bnlab.fleet.nn.dense import Network
from bnlab.fleet.nn.init import first_parameters
from bnlab.fleet.nn.loss import cross_entropy
from bnlab.fleet.nn.optim import OPTIMIZERS, Optimizer
from bnlab.fleet.plan import FleetPlan
from bnlab.spec.member import MemberSpec


class Stepped:
    """A fleet before its first step, with what a step needs.

    The same first weights, minibatches and arithmetic as `bnlab.fleet.train`, in between open to
    whoever makes the steps.

    Args:
        specs: networks of equal structure.
        dtype: of all numbers.
    """

    def __init__(self, specs: Sequence[MemberSpec], *, dtype: torch.dtype = torch.float32) -> None:
        plan = FleetPlan(tuple(specs), tuple(range(len(specs))), watched=(), is_quiet=True)
        spec = plan.structure
        self.feed = Feed(plan, "cpu", dtype)
        parameters = first_parameters(plan.specs, device="cpu", dtype=dtype)
        self.network: Network = ARCHITECTURES[spec.network.kind](spec, parameters)
        for place, norm in enumerate(self.network.norms()):
            norm.seed([member.seed for member in specs], place=place)
        self.optimizer: Optimizer = OPTIMIZERS[spec.optimizer.kind](
            [member.optimizer for member in specs], parameters, self.network.gradients
        )
        self.minibatches: Iterator[Minibatch] = self.feed.minibatches()

    def find_gradients(self) -> Tensor:
        """Gradients of the next minibatch, and its losses (M,); nothing moves yet."""
        return find_gradients(self.network, next(self.minibatches))

    def step(self) -> None:
        """One step of training."""
        self.find_gradients()
        self.optimizer.step()


def scratch(network: Network) -> Network:
    """A network of the same structure on parameters of its own, to try them out."""
    return ARCHITECTURES[network.spec.network.kind](network.spec, network.parameters.zeros_like())


def find_gradients(network: Network, minibatch: Minibatch) -> Tensor:
    """Gradients of a network in training mode on a minibatch, and its losses (M,)."""
    x, target, masks = minibatch
    loss, gradient = cross_entropy(
        network.forward(x, training=True, masks=masks, keep=True), target
    )
    network.backward(gradient)
    return loss
