"""Initial weights, drawn on the CPU by numpy in float64, per member and layer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from bnlab.data.datasets import WEIGHTS, Floats
from bnlab.fleet.nn.architectures import shapes_of
from bnlab.fleet.nn.parameters import Blocks
from bnlab.spec.member import MemberSpec


def first_weight(spec: MemberSpec, layer: int) -> Floats:
    """Weight (fan_out, fan_in) of linear layer `layer`, counted from 0, the output layer last.

    For hidden layers of image networks: all weights in a row, see `first_kernels`.

    he: N(0, 2 / fan_in); xavier: N(0, 2 / (fan_in + fan_out)); normal: N(0, init_std^2);
    orthogonal: orthonormal rows or columns. Hidden layers are multiplied by the gain.
    Biases start at 0.
    """
    network, facts = spec.network, spec.data.facts
    is_output = layer == network.depth
    if network.kind != "dense" and not is_output:
        return np.concatenate([kernel.ravel() for kernel in first_kernels(spec, layer)])
    fan_in = facts.features if layer == 0 else network.width
    fan_out = facts.classes if is_output else network.width
    draws = np.random.default_rng([spec.seed, WEIGHTS, layer]).standard_normal((fan_out, fan_in))
    return (1.0 if is_output else network.gain) * _scaled(draws, spec, fan_out=fan_out)


def first_kernels(spec: MemberSpec, layer: int) -> list[Floats]:
    """Weights (C, C', k, k) of each convolution of hidden layer `layer` of an image network.

    As for linear layers, with fan_in = C' k^2 and fan_out = C k^2. Each is drawn from its own
    stream, [seed, WEIGHTS, layer, place], as (C, fan_in).
    """
    drawn = []
    for place, kernel in enumerate(spec.image_layers[layer].kernels):
        shape = (kernel.outputs, kernel.inputs * kernel.side**2)
        draws = np.random.default_rng([spec.seed, WEIGHTS, layer, place]).standard_normal(shape)
        weight = _scaled(draws, spec, fan_out=kernel.outputs * kernel.side**2)
        drawn.append(
            spec.network.gain
            * weight.reshape(kernel.outputs, kernel.inputs, kernel.side, kernel.side)
        )
    return drawn


def _scaled(draws: Floats, spec: MemberSpec, *, fan_out: int) -> Floats:
    """Standard normal draws (rows, fan_in) scaled as the spec says, without its gain."""
    network, fan_in = spec.network, draws.shape[1]
    if network.init == "orthogonal":
        return _orthogonal(draws)
    std = {
        "he": math.sqrt(2 / fan_in),
        "xavier": math.sqrt(2 / (fan_in + fan_out)),
        "normal": network.init_std,
    }[network.init]
    return std * draws


def _orthogonal(draws: Floats) -> Floats:
    tall = draws if draws.shape[0] >= draws.shape[1] else draws.T
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diag(r))  # otherwise the distribution is not uniform
    return q if tall is draws else q.T


def first_parameters(specs: Sequence[MemberSpec], *, device: str, dtype: torch.dtype) -> Blocks:
    """The parameters of a fleet before its first step: weights drawn, gammas 1, the rest 0."""
    parameters = Blocks.allocate(shapes_of(specs[0]), len(specs), device=device, dtype=dtype)
    depth = specs[0].network.depth
    names = [f"{layer}.linear.weight" for layer in range(depth)] + ["output.weight"]
    for layer, name in enumerate(names):
        drawn = np.stack([first_weight(spec, layer) for spec in specs])
        parameters[name].copy_(torch.from_numpy(drawn).to(dtype).view_as(parameters[name]))
    for name in parameters.shapes:
        if name.endswith("norm.weight"):
            parameters[name].fill_(1.0)
    return parameters
