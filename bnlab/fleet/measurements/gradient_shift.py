"""How much the gradient of a layer changes because the layers before it were updated."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bnlab.fleet.inspect.questions import to_numpy
from bnlab.fleet.measurements.fleets import Measuring, accuracy, by_fleet, fleet_of, scratch
from bnlab.fleet.nn.dense import Network
from bnlab.fleet.train import find_gradients
from bnlab.spec.member import MemberSpec


@by_fleet
def gradient_shift(specs: Sequence[MemberSpec], *, every: float = 10) -> Measuring:
    """Train networks and measure internal covariate shift as the change of gradients.

    With G_l the gradient of layer l's weights on a minibatch, and G'_l the same after the step has
    updated the layers before l, but not l and those after it,

        shift_l = ||G'_l - G_l|| / ||G_l||,    cosine_l = G_l . G'_l / (||G_l|| ||G'_l||).

    Args:
        specs: dense networks of one seed, without noise in their norms.
        every: steps between two measurements.

    Returns:
        shift (M,): the geometric mean over layers (second to output) and measurements.
        cosine (M,): the mean over the same.
        validation, test (M,): accuracies at the end, in eval mode. NaN: it has diverged.

    Source: Santurkar et al. 2018 (1805.11604), definition 2.1, there without the division.
    """
    every = int(every)
    fleet = fleet_of(specs)
    mixed = scratch(fleet.network)
    names = [f"{layer}.linear.weight" for layer in range(1, len(fleet.network.hidden))]
    shifts, cosines = [], []
    for step in range(specs[0].steps):
        minibatch = next(fleet.minibatches)
        find_gradients(fleet.network, minibatch)
        if step % every == 0:
            before = fleet.network.parameters.flat.clone()
            gradients = fleet.network.gradients.flat.clone()
            fleet.optimizer.step()
            own = fleet.network.gradients.views_of(gradients)
            mixed.parameters.flat.copy_(before)
            for name in [*names, "output.weight"]:
                _move_before(name, mixed, fleet.network)
                find_gradients(mixed, minibatch)
                shift, cosine = compared(own[name], mixed.gradients[name])
                shifts.append(shift.log())
                cosines.append(cosine)
                yield
        else:
            fleet.optimizer.step()
            yield
    found = {
        "shift": to_numpy(torch.stack(shifts).mean(0).exp()),
        "cosine": to_numpy(torch.stack(cosines).mean(0)),
    }
    return found | {part: accuracy(fleet, part) for part in ("validation", "test")}


def compared(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """||second - first|| / ||first|| and the cosine between blocks (M, ...): (M,) each."""
    first, second = first.flatten(1), second.flatten(1)
    length = torch.linalg.vector_norm(first, dim=1)
    shift = torch.linalg.vector_norm(second - first, dim=1) / length
    return shift, torch.cosine_similarity(first, second, dim=1)


def _move_before(name: str, mixed: Network, moved: Network) -> None:
    """Copy from `moved` the parameters of the layer before the one with this weight."""
    place = len(moved.hidden) if name == "output.weight" else int(name.split(".")[0])
    for block in moved.parameters.shapes:
        if block.startswith(f"{place - 1}.") or (place == 1 and block.startswith("input.")):
            mixed.parameters[block].copy_(moved.parameters[block])
