"""Gradients in the backward pass through untrained networks."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
import torch

from bnlab.fleet.measurements.first_weights import first_network, normal_draws
from bnlab.fleet.measurements.fleets import Measuring
from bnlab.results.frames import Array
from bnlab.spec.member import MemberSpec

SETTLED = 4  # first layers, in which the inputs still show


@torch.inference_mode()
def gradient_growth(specs: Sequence[MemberSpec], *, settled: int = SETTLED) -> Measuring:
    """How the gradient grows in the backward pass, in dense networks at their initial weights.

    Inputs x are N(0, 1), one minibatch; the loss is sum(v * logits) with v N(0, 1). With g_l the
    norm of dL/dz_l, where z_l = W h is layer l before its norm, the growth per layer is
    exp(-slope of ln g_l over l).

    Args:
        specs: of one seed, which also draws x and v.
        settled: the number of first layers to leave out of the slope, where the activations
            still depend on the distribution of the inputs.

    Returns:
        norms (M, L): g_l of each hidden layer.
        growth (M,): the factor per layer, towards the inputs; above 1, gradients grow.
        first_to_last (M,): g of the first hidden layer over that of the last.

    Source: Yang et al. 2019 (1902.08129), who call the growth of squared norms lambda.
    """
    norms = []
    for spec in specs:
        norms.append((yield from _gradient_norms(spec)))
    logs = np.log(np.stack(norms))
    layers = np.arange(logs.shape[1])[settled:]
    slope = np.polyfit(layers, logs[:, settled:].T, 1)[0]
    return {
        "norms": np.exp(logs),
        "growth": np.exp(-slope),
        "first_to_last": np.exp(logs[:, 0] - logs[:, -1]),
    }


def _gradient_norms(spec: MemberSpec) -> Generator[None, None, Array]:
    """g_l (L,) of one network; yields after each layer."""
    network = yield from first_network(spec)
    facts, depth = spec.data.facts, spec.network.depth
    h, v = normal_draws(spec, facts.features, facts.classes)
    for layer in network.hidden:
        h = layer.forward(h, training=True)
        yield
    network.output.forward(h)
    gradient = network.output.backward(v)
    norms = np.zeros(depth)
    for index in reversed(range(depth)):
        layer = network.hidden[index]
        gradient = layer.backward(gradient, is_first=index == 0)
        norms[index] = torch.linalg.vector_norm(layer.z_gradient).item()
        yield
    return norms
