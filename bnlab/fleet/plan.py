"""Which networks are trained together: members of equal structure make a fleet. No torch here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from bnlab.spec.experiment import Experiment, ProbeSpec
from bnlab.spec.fields import flatten
from bnlab.spec.member import MemberSpec

# Members of one fleet may differ in these fields: numbers that enter the arithmetic, not its shape.
PER_MEMBER = frozenset(
    {
        "seed",
        "data.standardized",
        "data.noise",
        "data.wrong_labels",
        "network.init",
        "network.init_std",
        "network.gain",
        "optimizer.lr",
        "optimizer.momentum",
        "optimizer.weight_decay",
    }
)


RECALIBRATED_AT_ONCE = 2**24  # activations of one layer of images, over members: 64 MB


@dataclass(frozen=True)
class FleetPlan:
    """Members of equal structure, to be trained as one batched computation."""

    specs: tuple[MemberSpec, ...]
    members: tuple[int, ...]  # index of each in experiment.members()
    watched: tuple[int, ...]  # positions in this fleet of the members that the probe draws
    probe: ProbeSpec = field(default_factory=ProbeSpec)
    target: float = 0.9
    # Only reports are wanted: no probe, and exact statistics are measured at the end alone.
    is_quiet: bool = False

    @property
    def structure(self) -> MemberSpec:
        """The spec of any member: they agree in everything that is not per member."""
        return self.specs[0]


def plan_fleets(experiment: Experiment) -> tuple[FleetPlan, ...]:
    """Group the members of an experiment into fleets, in order of first appearance.

    The watched member of each variant is the one at the first point of the axes with the probe's
    seed.
    """
    members = experiment.members()
    fleets: dict[tuple[object, ...], list[int]] = {}
    watched: dict[str, int] = {}
    for index, member in enumerate(members):
        fleets.setdefault(structure_of(member.spec), []).append(index)
        if member.seed_index == experiment.probe.seed:
            watched.setdefault(member.variant, index)
    return tuple(
        FleetPlan(
            specs=tuple(members[index].spec for index in indices),
            members=tuple(indices),
            watched=_positions(indices, watched.values()),
            probe=experiment.probe,
            target=experiment.target,
        )
        for indices in fleets.values()
    )


def split(plan: FleetPlan, pieces: int) -> tuple[FleetPlan, ...]:
    """The same members in at most `pieces` smaller fleets of nearly equal size."""
    size = len(plan.specs)
    bounds = [size * piece // pieces for piece in range(pieces + 1)]
    return tuple(
        replace(
            plan,
            specs=plan.specs[start:end],
            members=plan.members[start:end],
            watched=_positions(range(start, end), plan.watched),
        )
        for start, end in pairwise(bounds)
        if end > start
    )


def pieces_that_fit(plan: FleetPlan, *, cache_bytes: int = 8 * 2**20) -> int:
    """The number of pieces to split a plan into so that a step's memory fits in the cache.

    Per member, a step touches the parameters, gradients and momentum, and about four tensors of
    each hidden layer's activations, in float32.
    """
    spec = plan.structure
    activations = 4 * spec.activations * spec.batch_size
    at_once = max(1, cache_bytes // (4 * (3 * spec.parameters + activations)))
    return -(-len(plan.specs) // at_once)


def numbers_held(plan: FleetPlan) -> int:
    """Roughly how many numbers a fleet keeps in memory after training; errs on the high side.

    Parameters with their gradients, those of the twin and the optimizer's; the examples and one
    block of minibatches; what the last minibatch, probe batch and evaluation left in each layer.
    """
    spec, facts = plan.structure, plan.structure.data.facts
    examples = facts.train + facts.validation + plan.probe.size
    activations = 8 * spec.activations * (spec.batch_size + plan.probe.size)
    a_member = 6 * spec.parameters + 3 * examples * facts.features + activations
    return len(plan.specs) * a_member + _numbers_recalibrated(plan)


def _numbers_recalibrated(plan: FleetPlan) -> int:
    """Roughly how many numbers the exact statistics of images take: a layer of all examples."""
    spec = plan.structure
    if not (spec.norm.is_batch and spec.image_layers):
        return 0
    largest = max(layer.positions for layer in spec.image_layers)
    of_member = spec.data.facts.train * spec.network.width * largest
    return 4 * min(len(plan.specs) * of_member, max(of_member, RECALIBRATED_AT_ONCE))


def structure_of(spec: MemberSpec) -> tuple[object, ...]:
    """The fields that members of one fleet share: they stack if and only if these are equal."""
    return tuple(value for path, value in flatten(spec).items() if path not in PER_MEMBER)


def _positions(indices: Iterable[int], wanted: Iterable[int]) -> tuple[int, ...]:
    chosen = set(wanted)
    return tuple(position for position, index in enumerate(indices) if index in chosen)
