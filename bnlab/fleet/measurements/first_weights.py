"""Networks at their initial weights, and random inputs for them."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch
from torch import Tensor

from bnlab.data.datasets import WEIGHTS
from bnlab.fleet.nn.architectures import shapes_of
from bnlab.fleet.nn.dense import Network
from bnlab.fleet.nn.init import first_weight
from bnlab.fleet.nn.parameters import Blocks
from bnlab.spec.member import MemberSpec


def first_network(
    spec: MemberSpec, *, dtype: torch.dtype = torch.float32
) -> Generator[None, None, Network]:
    """One dense network before its first step; yields after each layer, as wide ones take long.

    Returns:
        the network (M = 1), with the weights that its training would start from.
    """
    parameters = Blocks.allocate(shapes_of(spec), 1, device="cpu", dtype=dtype)
    depth = spec.network.depth
    for layer in range(depth + 1):
        name = "output.weight" if layer == depth else f"{layer}.linear.weight"
        parameters[name].copy_(torch.from_numpy(first_weight(spec, layer))[None])
        yield
    for name in parameters.shapes:
        if name.endswith("norm.weight"):
            parameters[name].fill_(1.0)
    return Network(spec, parameters)


def normal_draws(
    spec: MemberSpec, *features: int, dtype: torch.dtype = torch.float32
) -> list[Tensor]:
    """For each number of features, a minibatch (1, features, B) of N(0, 1) draws.

    Drawn one after the other from the stream of weights after those of the layers.
    """
    draws = np.random.default_rng([spec.seed, WEIGHTS, spec.network.depth + 1])
    shapes = [(1, count, spec.batch_size) for count in features]
    return [torch.from_numpy(draws.standard_normal(shape)).to(dtype) for shape in shapes]
