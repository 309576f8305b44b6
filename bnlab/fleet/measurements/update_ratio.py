"""The size of the updates of the weights relative to the weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bnlab.fleet.inspect.questions import to_numpy
from bnlab.fleet.measurements.fleets import Measuring, accuracy, by_fleet, fleet_of
from bnlab.fleet.train import Fleet
from bnlab.results.frames import Array
from bnlab.spec.member import MemberSpec


@by_fleet
def update_ratio(specs: Sequence[MemberSpec], *, every: int = 5) -> Measuring:
    """Train networks and measure ||change of W|| / ||W|| of each linear layer.

    Measured at the first step and at each `every`-th one, T in all.

    Args:
        specs: dense networks of one seed.
        every: steps between two measurements.

    Returns:
        ratio (M, T, L+1): of the hidden layers, then the output layer.
        centred (M, T, L): the share of the norm of the hidden layers' gradients dL/dW =
            sum_i dL/dz_i h_i that is left with h_i - mean h in place of the layer's inputs h_i.
            With batch norm it is 1, because sum_i dL/dz_i = 0.
        loss (M, T): mean loss of the minibatches since the previous measurement.
        validation (M,): accuracy at the end, in eval mode. NaN: it has diverged.
    """
    every = int(every)
    fleet = fleet_of(specs)
    ratios, centred, losses = [], [], []
    since: list[Array] = []
    for step in range(1, specs[0].steps + 1):
        since.append(to_numpy(fleet.find_gradients()))
        fleet.optimizer.step()
        if step == 1 or step % every == 0:
            ratios.append(_ratios(fleet))
            centred.append(_centred(fleet))
            losses.append(np.mean(since, axis=0, dtype=np.float64))
            since = []
        yield
    return {
        "ratio": np.stack(ratios, 1),
        "centred": np.stack(centred, 1),
        "loss": np.stack(losses, 1),
        "validation": accuracy(fleet, "validation").astype(np.float64),
    }


def _ratios(fleet: Fleet) -> Array:
    """||change of W|| / ||W|| (M, L+1) of the last step."""
    parameters = fleet.network.parameters
    changes = parameters.views_of(fleet.optimizer.last_update())
    names = [f"{layer}.linear.weight" for layer in range(len(fleet.network.hidden))]
    ratios = [_norm(changes[name]) / _norm(parameters[name]) for name in [*names, "output.weight"]]
    return to_numpy(torch.stack(ratios, 1)).astype(np.float64)


def _centred(fleet: Fleet) -> Array:
    """The share of the gradients' norms (M, L) of the last minibatch left on centred inputs."""
    left = []
    for layer in fleet.network.hidden:
        h = layer.linear.x
        gradient = torch.bmm(layer.z_gradient, (h - h.mean(2, keepdim=True)).mT)
        left.append(_norm(gradient) / _norm(layer.linear.weight_gradient))
    return to_numpy(torch.stack(left, 1)).astype(np.float64)


def _norm(block: Tensor) -> Tensor:
    return torch.linalg.vector_norm(block.flatten(1), dim=1)
