"""The gradient of a bias in front of a norm."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from bnlab.fleet.inspect.questions import to_numpy
from bnlab.fleet.measurements.fleets import Measuring, by_fleet, fleet_of
from bnlab.spec.member import MemberSpec


@by_fleet
def bias_gradient(specs: Sequence[MemberSpec]) -> Measuring:
    """How much a bias b in z = W h + b would learn, at each step of training without one.

    Its gradient is the sum of dL/dz over the minibatch. What cancels in that sum is lost to b:

        left = |sum_i dL/dz_i| / sum_i |dL/dz_i|

    with the norms of all units of all hidden layers in numerator and denominator.

    Args:
        specs: dense networks of one seed.

    Returns:
        left (M,): the largest value over all steps: 1 if nothing cancels, 0 if everything does.
    """
    fleet = fleet_of(specs)
    largest = torch.zeros(len(specs))
    for _ in range(specs[0].steps):
        fleet.find_gradients()
        gradients = torch.cat([layer.z_gradient for layer in fleet.network.hidden], 1)  # (M, LF, N)
        summed = torch.linalg.vector_norm(gradients.sum(2), dim=1)
        sizes = torch.linalg.vector_norm(gradients.abs().sum(2), dim=1)
        torch.maximum(largest, summed / sizes, out=largest)
        fleet.optimizer.step()
        yield
    return {"left": to_numpy(largest)}
