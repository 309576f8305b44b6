"""Networks in which only some parameters are trained; the others keep their initial values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bnlab.fleet.evaluate import score
from bnlab.fleet.measurements.fleets import Measuring, by_fleet, fleet_of
from bnlab.fleet.nn.parameters import Blocks
from bnlab.spec.fields import refusal
from bnlab.spec.member import MemberSpec

# Which parameters are trained, and the prefixes of the names of those trained whole.
CHOICES = ("all", "gamma_beta", "random", "output")
WHOLE: dict[str, tuple[str, ...]] = {"all": ("",), "output": ("output",)}
_CHANCE = 0xC405E  # the stream from which random weights are chosen


def chosen_trained(specs: Sequence[MemberSpec]) -> Measuring:
    """Accuracies of networks with batch norm in which only some parameters are trained.

    The choices: all; gamma_beta, those of every hidden layer; random, the same number of weights
    of the same layers, chosen at random; output, weights and biases of the output layer. Untrained
    gammas are 1 and betas 0.

    Args:
        specs: networks whose norms have gamma and beta, and an optimizer without momentum and
            weight decay, which would move parameters without a gradient.

    Returns:
        validation_<choice> and test_<choice> (M,): accuracy in eval mode at the end.
        trained_<choice> (M,): the number of trained parameters.

    Raises:
        ValueError: an optimizer that would move parameters without a gradient.

    Source: Frankle, Schwab & Morcos 2020 (2003.00152).
    """
    if any(spec.optimizer.momentum or spec.optimizer.weight_decay for spec in specs):
        raise refusal("optimizer", "one with them", "without momentum and weight decay")
    return _of_fleet(specs)


@by_fleet
def _of_fleet(specs: Sequence[MemberSpec]) -> Measuring:
    """For networks of equal structure: all choices of all networks are one fleet."""
    members = len(specs)
    fleet = fleet_of(list(specs) * len(CHOICES))
    gradients = fleet.network.gradients
    is_trained = Blocks(gradients.shapes, torch.zeros_like(gradients.flat))
    for place, choice in enumerate(CHOICES):
        for index, spec in enumerate(specs):
            _choose(is_trained, choice, member=place * members + index, spec=spec)
    for _ in range(specs[0].steps):
        fleet.find_gradients()
        gradients.flat.mul_(is_trained.flat)
        fleet.optimizer.step()
        yield
    found = {
        "validation": score(fleet.network, fleet.feed.part("validation"))[1],
        "test": score(fleet.network, fleet.feed.part("test"))[1],
        "trained": _counted(is_trained),
    }
    return {
        f"{name}_{choice}": values.view(len(CHOICES), members)[place].numpy()
        for name, values in found.items()
        for place, choice in enumerate(CHOICES)
    }


def _choose(is_trained: Blocks, choice: str, *, member: int, spec: MemberSpec) -> None:
    """Set 1 where a member's parameters are trained."""
    for name in is_trained.shapes:
        block = is_trained[name][member]
        if name.startswith(WHOLE.get(choice, ())) or (choice == "gamma_beta" and ".norm." in name):
            block.fill_(1.0)
        elif choice == "random" and name.endswith("linear.weight"):
            block.copy_(_random(block, layer=int(name.split(".")[0]), seed=spec.seed))


def _random(block: Tensor, *, layer: int, seed: int) -> Tensor:
    """A mask (out, in) of zeros, with ones at two random weights for each unit of a layer."""
    rng = np.random.default_rng([seed, _CHANCE, layer])
    mask = np.zeros(block.numel())
    mask[rng.choice(block.numel(), 2 * len(block), replace=False)] = 1.0
    return torch.from_numpy(mask).view_as(block)


def _counted(is_trained: Blocks) -> Tensor:
    """The number of trained parameters of each member, (M,)."""
    blocks = [is_trained[name].flatten(1).sum(1) for name in is_trained.shapes]
    return torch.stack(blocks).sum(0)
