"""The loss along its gradient: how far it ranges, and how fast the gradient changes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bnlab.fleet.inspect.questions import to_numpy
from bnlab.fleet.measurements.fleets import Measuring, accuracy, by_fleet, fleet_of, scratch
from bnlab.fleet.train import find_gradients
from bnlab.spec.member import MemberSpec


@by_fleet
def along_gradient(
    specs: Sequence[MemberSpec], *, reach: tuple[float, ...], every: float = 20
) -> Measuring:
    """Train networks and, along the way, try steps of several sizes along the gradient.

    With loss L of a minibatch, its gradient g at the parameters p, and g_s the gradient at
    p - s g for some steps s:

        loss_range      = max_s L - min_s L
        gradient_change = max_s ||g_s - g||
        smoothness      = max_s ||g_s - g|| / ||s g||      (effective beta)

    Args:
        specs: networks of one seed, without noise in their norms.
        reach: the steps s, in units of the learning rate.
        every: training steps between two measurements.

    Returns:
        loss_range, gradient_change, smoothness (M,): geometric means over the measurements.
        validation, test (M,): accuracies at the end, in eval mode. NaN: it has diverged.

    Source: Santurkar et al. 2018 (1805.11604), section 3.2 and figure 4.
    """
    every = int(every)
    fleet = fleet_of(specs)
    tried = scratch(fleet.network)
    parameters, gradients = fleet.network.parameters, fleet.network.gradients
    rates = parameters.flat.new_tensor([spec.optimizer.lr for spec in specs])
    spread_rates = parameters.spread(rates)
    looks: list[Tensor] = []
    for step in range(specs[0].steps):
        minibatch = next(fleet.minibatches)
        find_gradients(fleet.network, minibatch)
        if step % every == 0:
            length = _norm(gradients.views_of(gradients.flat))
            losses, changes, betas = [], [], []
            for multiple in reach:
                torch.addcmul(
                    parameters.flat, gradients.flat, spread_rates, value=-multiple,
                    out=tried.parameters.flat,
                )  # fmt: skip
                losses.append(find_gradients(tried, minibatch))
                change = _norm(gradients.views_of(tried.gradients.flat - gradients.flat))
                changes.append(change)
                betas.append(change / (multiple * rates * length))
                yield
            loss = torch.stack(losses)
            largest = [torch.stack(values).amax(0) for values in (changes, betas)]
            looks.append(torch.stack([loss.amax(0) - loss.amin(0), *largest]).log())
        fleet.optimizer.step()
        yield
    names = ("loss_range", "gradient_change", "smoothness")
    means = torch.stack(looks).mean(0).exp()
    found = dict(zip(names, map(to_numpy, means), strict=True))
    return found | {part: accuracy(fleet, part) for part in ("validation", "test")}


def _norm(views: dict[str, Tensor]) -> Tensor:
    """The norm (M,) over all blocks of a member together."""
    return torch.stack([view.flatten(1).square().sum(1) for view in views.values()]).sum(0).sqrt()
