"""The fleets of a measurement: networks of equal structure, trained step by step."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

import numpy as np
import torch

from bnlab.fleet.evaluate import score
from bnlab.fleet.inspect.questions import Answer, to_numpy
from bnlab.fleet.minibatches import Part
from bnlab.fleet.nn.architectures import ARCHITECTURES
from bnlab.fleet.nn.dense import Network
from bnlab.fleet.plan import FleetPlan, structure_of
from bnlab.fleet.train import Fleet
from bnlab.results.frames import Array
from bnlab.spec.member import MemberSpec


def fleet_of(specs: Sequence[MemberSpec], *, dtype: torch.dtype = torch.float32) -> Fleet:
    """Networks of equal structure before their first step."""
    plan = FleetPlan(tuple(specs), tuple(range(len(specs))), watched=(), is_quiet=True)
    return Fleet(plan, dtype=dtype)


def trained(
    specs: Sequence[MemberSpec], *, dtype: torch.dtype = torch.float32
) -> Generator[None, None, Fleet]:
    """Networks of equal structure after their last step; yields after each step."""
    fleet = fleet_of(specs, dtype=dtype)
    for _ in range(specs[0].steps):
        fleet.step()
        yield
    return fleet


def accuracy(fleet: Fleet, part: Part) -> Array:
    """Accuracy (M,) on one part of the data, in eval mode; NaN for a network that has diverged."""
    return to_numpy(score(fleet.network, fleet.feed.part(part))[1])


def scratch(network: Network) -> Network:
    """A network of the same structure on parameters of its own, to try them out."""
    return ARCHITECTURES[network.spec.network.kind](network.spec, network.parameters.zeros_like())


def by_fleet(
    specs: Sequence[MemberSpec],
    measure: Callable[[Sequence[MemberSpec]], Generator[None, None, Answer]],
) -> Generator[None, None, dict[str, Array]]:
    """Measure networks fleet by fleet, those of equal structure together.

    Args:
        specs: any networks.
        measure: returns arrays (members, ...) by name, of networks of equal structure.

    Returns:
        the arrays (M, ...) in the order of the specs.
    """
    fleets: dict[tuple[object, ...], list[int]] = {}
    for position, spec in enumerate(specs):
        fleets.setdefault(structure_of(spec), []).append(position)
    answers = []
    for positions in fleets.values():
        answers.append((yield from measure([specs[position] for position in positions])))
    order = np.argsort(np.concatenate(list(fleets.values())))
    return {
        name: np.concatenate([answer[name] for answer in answers])[order] for name in answers[0]
    }
