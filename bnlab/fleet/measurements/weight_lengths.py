"""The norm of the hidden layers' weights during training, and whether it ever shrinks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bnlab.fleet.inspect.questions import to_numpy
from bnlab.fleet.measurements.fleets import Measuring, accuracy, by_fleet, fleet_of
from bnlab.results.frames import Array
from bnlab.spec.member import MemberSpec


@by_fleet
def weight_lengths(specs: Sequence[MemberSpec]) -> Measuring:
    """Train networks and measure ||W||^2 of each hidden layer at every step, in float64.

    The gradients of a layer before batch norm are orthogonal to its weights, so each step of plain
    SGD makes the norm grow: ||W+||^2 = ||W||^2 + ||change||^2.
    Source: van Laarhoven 2017 (1706.05350).

    Args:
        specs: dense networks of one seed.

    Returns:
        grew (M, L): the share of steps after which the norm of a hidden layer's weights was larger.
        start, end (M, L): ||W||^2 before the first step and after the last.
        moved (M, L): the sum of ||change of W||^2 over the steps.
        test (M,): test accuracy at the end, in eval mode. NaN: it has diverged.
    """
    fleet = fleet_of(specs, dtype=torch.float64)
    parameters, layers = fleet.network.parameters, len(fleet.network.hidden)
    start = before = _squares(parameters.views_of(parameters.flat), layers)
    grew, moved = np.zeros_like(start), np.zeros_like(start)
    for _ in range(specs[0].steps):
        old = parameters.flat.clone()
        fleet.step()
        after = _squares(parameters.views_of(parameters.flat), layers)
        moved += _squares(parameters.views_of(parameters.flat - old), layers)
        grew += after > before
        before = after
        yield
    return {
        "grew": grew / specs[0].steps,
        "start": start,
        "end": before,
        "moved": moved,
        "test": accuracy(fleet, "test"),
    }


def _squares(views: dict[str, Tensor], layers: int) -> Array:
    """The squared norm (M, L) of the weights of each hidden layer."""
    weights = (views[f"{layer}.linear.weight"] for layer in range(layers))
    return to_numpy(torch.stack([weight.square().sum((1, 2)) for weight in weights], 1))
