"""Networks whose hidden learning rate is scaled to the size of their weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bnlab.fleet.evaluate import score
from bnlab.fleet.inspect.questions import to_numpy
from bnlab.fleet.measurements.fleets import Measuring, by_fleet, fleet_of
from bnlab.fleet.nn.parameters import Blocks
from bnlab.spec.fields import refusal
from bnlab.spec.member import MemberSpec


def rescaled_rate(specs: Sequence[MemberSpec], *, target: float = 0.9) -> Measuring:
    """Train by plain SGD, the hidden weights at gain^2 times the learning rate.

    With batch norm a layer's output does not depend on the norm of its weights, and scaling the
    weights by a divides their gradient by a. So weights scaled by a and trained at a^2 times the
    rate stay a times those of gain 1: all networks that differ only in the gain are the same at
    each step, up to eps.

    Args:
        specs: networks of one seed, trained by SGD without momentum and decay.
        target: validation accuracy whose first crossing is recorded.

    Returns:
        loss (M, T): of the minibatch of each step.
        steps_to_target (M,): the step of the first evaluation at the target; inf if never.

    Raises:
        ValueError: another optimizer.
    """
    for spec in specs:
        chosen = spec.optimizer
        if chosen.kind != "sgd" or chosen.momentum or chosen.weight_decay:
            raise refusal("optimizer", chosen.kind, "sgd without momentum and weight decay")
    return _trained(specs, target=target)


@by_fleet
def _trained(specs: Sequence[MemberSpec], *, target: float) -> Measuring:
    fleet, spec = fleet_of(specs, dtype=torch.float64), specs[0]
    network = fleet.network
    rates = _rates(network.parameters, specs)
    validation = fleet.feed.part("validation")
    losses = np.zeros((len(specs), spec.steps))
    reached = np.full(len(specs), np.inf)
    for step in range(1, spec.steps + 1):
        losses[:, step - 1] = to_numpy(fleet.find_gradients())
        network.parameters.flat.addcmul_(network.gradients.flat, rates, value=-1)
        if step % spec.evaluate_every == 0 or step == spec.steps:
            is_there = to_numpy(score(network, validation)[1]) >= target
            reached = np.where(is_there, np.minimum(reached, step), reached)
        yield
    return {"loss": losses, "steps_to_target": reached}


def _rates(parameters: Blocks, specs: Sequence[MemberSpec]) -> Tensor:
    """The learning rate of each parameter, flat."""
    lr, gain = (
        parameters.flat.new_tensor(values)
        for values in (
            [spec.optimizer.lr for spec in specs],
            [spec.network.gain for spec in specs],
        )
    )
    rates = parameters.spread(lr)
    for name, view in parameters.views_of(rates).items():
        if name.endswith("linear.weight"):
            view.mul_(gain.square()[:, None, None])
    return rates
