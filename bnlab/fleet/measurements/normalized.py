"""The size of batch norm's x_hat: in a batch of two, a unit keeps only a sign."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from bnlab.fleet.inspect.questions import to_numpy
from bnlab.fleet.measurements.fleets import Measuring, by_fleet, trained
from bnlab.spec.fields import refusal
from bnlab.spec.member import MemberSpec


@by_fleet
def normalized(specs: Sequence[MemberSpec]) -> Measuring:
    """Train networks and measure x_hat on their last minibatch.

    Args:
        specs: networks with batch norm.

    Returns:
        magnitude (M,): the mean of |x_hat| over all hidden layers, units (of image networks:
        channels and positions) and examples, at the final weights.
    """
    fleet = yield from trained(specs)
    twin = fleet.network.twin()
    if fleet.minibatch is None:
        raise refusal("steps", "0", "1 or more: there is no minibatch yet")
    twin.forward(fleet.minibatch.x, training=True, keep=True)
    values = [layer.shown(layer.norm.normalized()) for layer in twin.hidden]  # (M, F, N) each
    magnitudes = torch.stack([x_hat.abs().mean((1, 2)) for x_hat in values])
    return {"magnitude": to_numpy(magnitudes.mean(0))}
