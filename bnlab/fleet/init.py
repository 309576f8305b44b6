"""First weights, drawn on the processor by numpy in float64, per member and layer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from bnlab.data import WEIGHTS, Floats
from bnlab.fleet.blocks import Blocks
from bnlab.fleet.networks import shapes
from bnlab.spec import MemberSpec


def first_weight(spec: MemberSpec, layer: int) -> Floats:
    """Weight (fan_out, fan_in) of linear layer `layer`, counted from 0, the output layer last.

    he: N(0, 2 / fan_in); xavier: N(0, 2 / (fan_in + fan_out)); normal: N(0, init_std^2);
    orthogonal: orthonormal rows or columns. Hidden layers are multiplied by the gain.
    Biases start at 0.
    """
    network, facts = spec.network, spec.data.facts
    fan_in = facts.features if layer == 0 else network.width
    is_output = layer == network.depth
    fan_out = facts.classes if is_output else network.width
    draws = np.random.default_rng([spec.seed, WEIGHTS, layer]).standard_normal((fan_out, fan_in))
    gain = 1.0 if is_output else network.gain
    if network.init == "orthogonal":
        return gain * _orthogonal(draws)
    std = {
        "he": math.sqrt(2 / fan_in),
        "xavier": math.sqrt(2 / (fan_in + fan_out)),
        "normal": network.init_std,
    }[network.init]
    return gain * std * draws


def _orthogonal(draws: Floats) -> Floats:
    tall = draws if draws.shape[0] >= draws.shape[1] else draws.T
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diag(r))  # without it the distribution would not be uniform
    return q if tall is draws else q.T


def first_parameters(specs: Sequence[MemberSpec], *, device: str, dtype: torch.dtype) -> Blocks:
    """The parameters of a fleet before its first step: weights drawn, gammas 1, the rest 0."""
    parameters = Blocks.allocate(shapes(specs[0]), len(specs), device=device, dtype=dtype)
    depth = specs[0].network.depth
    names = [f"{layer}.linear.weight" for layer in range(depth)] + ["output.weight"]
    for layer, name in enumerate(names):
        drawn = np.stack([first_weight(spec, layer) for spec in specs])
        parameters[name].copy_(torch.from_numpy(drawn).to(dtype))
    for name in parameters.shapes:
        if name.endswith("norm.weight"):
            parameters[name].fill_(1.0)
    return parameters
