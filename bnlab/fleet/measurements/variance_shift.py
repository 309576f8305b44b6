"""Dropout before batch norm: the variance in training and in testing."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bnlab.fleet.evaluate import score
from bnlab.fleet.inspect.questions import to_numpy
from bnlab.fleet.measurements.fleets import Measuring, accuracy, by_fleet, trained
from bnlab.fleet.nn.dense import HiddenLayer, Network
from bnlab.spec.member import MemberSpec


@by_fleet
def variance_shift(specs: Sequence[MemberSpec], *, batches: int = 100) -> Measuring:
    """Train networks with batch norm, then compare its inputs with and without dropout.

    Dropout multiplies each input h_j of a linear layer by 0 or by 1/(1-p), so the output,
    z_k = sum_j w_kj h_j, has the same mean but a larger variance:

        var in training = var in testing + p/(1-p) * sum_j w_kj^2 mean(h_j^2)

    Running statistics track the first, predictions meet the second.

    Args:
        specs: dense networks of one seed, with batch norm before the activation.
        batches: training minibatches over which the variance is averaged.

    Returns:
        ratio (M, L): variance in training over that in testing, of each hidden layer; the
            geometric mean over its units. The first layer has no dropout before it.
        predicted (M, L): the same by the formula.
        running, exact (M,): test accuracy with the running statistics, and with the exact ones
            of the training part without dropout.

    Source: Li, Chen, Hu & Yang 2018 (1801.05134).
    """
    batches = int(batches)
    fleet = yield from trained(specs)
    twin = fleet.network.twin()
    for norm in twin.batch_norms():
        norm.reset()
        norm.momentum = None  # the plain average over all batches
    for _ in range(batches):
        x, _, masks = next(fleet.minibatches)
        twin.forward(x, training=True, masks=masks)
        yield
    training = _variances(twin)
    inputs = fleet.feed.part("train").x
    twin.recalibrate(inputs)
    yield
    testing = _variances(twin)
    twin.forward(inputs, training=False, keep=True)
    p = specs[0].network.dropout
    added = [_added(layer, p if place else 0.0) for place, layer in enumerate(twin.hidden)]
    return {
        "ratio": to_numpy((training / testing).log().mean(2).exp()),
        "predicted": to_numpy((1 + torch.stack(added, 1) / testing).log().mean(2).exp()),
        "running": accuracy(fleet, "test"),
        "exact": to_numpy(score(twin, fleet.feed.part("test"))[1]),
    }


def _variances(network: Network) -> Tensor:
    """The running variances (M, L, F)."""
    every = [norm.running_var.view(network.members, -1) for norm in network.batch_norms()]
    return torch.stack(every, 1).clone()


def _added(layer: HiddenLayer, p: float) -> Tensor:
    """What dropout on its inputs adds to the variance of each z_k, (M, F)."""
    power = layer.linear.x.square().mean(2, keepdim=True)  # (M, in, 1)
    return torch.bmm(layer.linear.weight.square(), power).squeeze(2) * (p / (1 - p))
