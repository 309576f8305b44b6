"""The number of directions in which each layer's activations vary, at the initial weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bnlab.fleet.measurements.first_weights import first_network, normal_draws
from bnlab.fleet.measurements.fleets import Measuring
from bnlab.spec.member import MemberSpec


@torch.inference_mode()
def hidden_rank(specs: Sequence[MemberSpec]) -> Measuring:
    """A soft rank of each layer's activations on a minibatch.

    For activations H (F, N) of N examples, rank = trace(C)^2 / ||C||^2 with C = H H^T / N: 1 if
    all examples are on one line, F if they spread equally in all directions; at most the number of
    nonzero singular values. Inputs are N(0, 1).

    Args:
        specs: dense networks of one seed.

    Returns:
        rank (M, L): of each hidden layer.

    Source: Daneshmand et al. 2020 (2003.01652).
    """
    ranks = []
    for spec in specs:
        network = yield from first_network(spec, dtype=torch.float64)
        [h] = normal_draws(spec, spec.data.facts.features, dtype=torch.float64)
        of_layers = []
        for layer in network.hidden:
            h = layer.forward(h, training=True)
            of_layers.append(soft_rank(h[0]))
        ranks.append(of_layers)
        yield
    return {"rank": np.array(ranks)}


def soft_rank(h: Tensor) -> float:
    """trace(C)^2 / ||C||^2 of C = H H^T, H (F, N); NaN where H is 0."""
    h = h / h.abs().max()  # fourth powers overflow early
    c = h @ h.mT
    return float(c.trace().square() / c.square().sum())
