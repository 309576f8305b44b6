"""The fleets of a measurement: networks of equal structure, trained step by step."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import wraps
from typing import Concatenate, ParamSpec

import numpy as np
import torch

from bnlab.fleet.evaluate import score
from bnlab.fleet.inspect.questions import to_numpy
from bnlab.fleet.minibatches import Part
from bnlab.fleet.nn.architectures import ARCHITECTURES
from bnlab.fleet.nn.dense import Network
from bnlab.fleet.plan import FleetPlan, structure_of
from bnlab.fleet.train import Fleet
from bnlab.results.frames import Array
from bnlab.spec.member import MemberSpec

Settings = ParamSpec("Settings")
Measuring = Generator[None, None, dict[str, Array]]


def fleet_of(specs: Sequence[MemberSpec], *, dtype: torch.dtype = torch.float32) -> Fleet:
    """Networks of equal structure before their first step."""
    plan = FleetPlan(tuple(specs), tuple(range(len(specs))), watched=(), is_quiet=True)
    return Fleet(plan, dtype=dtype)


def trained(
    specs: Sequence[MemberSpec], *, dtype: torch.dtype = torch.float32
) -> Generator[None, None, Fleet]:
    """Train networks of equal structure to their last step; yields after each step."""
    fleet = fleet_of(specs, dtype=dtype)
    for _ in range(specs[0].steps):
        fleet.step()
        yield
    return fleet


def accuracy(fleet: Fleet, part: Part) -> Array:
    """Accuracy (M,) on one part of the data, in eval mode; NaN for a network that has diverged."""
    return to_numpy(score(fleet.network, fleet.feed.part(part))[1])


def scratch(network: Network) -> Network:
    """A network of the same structure on its own parameters, to try them out."""
    return ARCHITECTURES[network.spec.network.kind](network.spec, network.parameters.zeros_like())


def by_fleet(
    measure: Callable[Concatenate[Sequence[MemberSpec], Settings], Measuring],
) -> Callable[Concatenate[Sequence[MemberSpec], Settings], Measuring]:
    """Decorate a measurement of networks of equal structure, so that it takes any networks.

    Args:
        measure: returns arrays (members, ...) by name.

    Returns:
        A measurement that calls it fleet by fleet: arrays (M, ...) in the order of the specs.
    """

    @wraps(measure)
    @torch.inference_mode()
    def measure_all(
        specs: Sequence[MemberSpec], *args: Settings.args, **settings: Settings.kwargs
    ) -> Measuring:
        fleets: dict[tuple[object, ...], list[int]] = {}
        for position, spec in enumerate(specs):
            fleets.setdefault(structure_of(spec), []).append(position)
        answers = []
        for positions in fleets.values():
            fleet = [specs[position] for position in positions]
            answers.append((yield from measure(fleet, *args, **settings)))
        order = np.argsort(np.concatenate(list(fleets.values())))
        return {
            name: np.concatenate([answer[name] for answer in answers])[order] for name in answers[0]
        }

    return measure_all
