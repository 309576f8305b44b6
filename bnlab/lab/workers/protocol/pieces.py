"""A sweep cut into pieces: networks of equal structure that one worker trains together.

Planned in the web process; the plan of a fleet needs no torch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, zip_longest

from bnlab.fleet.plan import FleetPlan, pieces_that_fit, split, structure_of
from bnlab.results.sweeps.cells import cells_of
from bnlab.spec.experiment import Experiment

MOST_NUMBERS = 2**26  # that one piece may keep in memory: about 256 MB


@dataclass(frozen=True)
class Piece:
    """Some networks of a sweep.

    Args:
        plan: the networks as a fleet; its members are the numbers of their cells.
        work: an estimate, only for comparing pieces.
        numbers: roughly how many numbers it keeps in memory.
    """

    plan: FleetPlan
    work: float
    numbers: int

    @property
    def step_work(self) -> float:
        """The work of one of its networks in one step, only for comparisons."""
        return float(self.plan.structure.work * self.plan.structure.batch_size)

    @property
    def kind(self) -> tuple[object, ...]:
        """Equal for pieces whose networks cost about the same per step."""
        spec = self.plan.structure.model_copy(update={"steps": 1, "evaluate_every": 1})
        return (*structure_of(spec), len(self.plan.specs).bit_length())


Fleets = tuple[FleetPlan, ...]


def fleets_of(experiment: Experiment) -> Fleets:
    """The cells of a sweep that can be built, those of equal structure together."""
    cells = cells_of(experiment)
    fleets: dict[tuple[object, ...], list[int]] = {}
    for index, cell in enumerate(cells):
        if cell.spec is not None:
            fleets.setdefault(structure_of(cell.spec), []).append(index)
    for indices in fleets.values():  # networks of one seed next to each other: they share examples
        indices.sort(key=lambda index: cells[index].seed_index)
    return tuple(
        FleetPlan(
            specs=tuple(spec for i in indices if (spec := cells[i].spec) is not None),
            members=tuple(indices),
            watched=(),
            target=experiment.target,
            is_quiet=True,
        )
        for indices in fleets.values()
    )


def cut(
    fleets: Iterable[FleetPlan], *, most_numbers: int = MOST_NUMBERS, is_whole: bool = False
) -> tuple[Piece, ...]:
    """The fleets in pieces that fit the cache, in the order in which they start.

    The heaviest come first, so that the last ones balance the load of the workers; equally heavy
    ones alternate between fleets, so that all parts of a map develop.

    Args:
        fleets: see `fleets_of`.
        most_numbers: how many a piece may keep in memory.
        is_whole: leave fleets whole as far as the memory allows: for a GPU.
    """
    of_fleets = [
        _pieces(fleet, 1 if is_whole else pieces_that_fit(fleet), most_numbers) for fleet in fleets
    ]
    in_turns = chain.from_iterable(zip_longest(*of_fleets))
    return tuple(sorted((p for p in in_turns if p is not None), key=lambda piece: -piece.work))


def _pieces(fleet: FleetPlan, count: int, most_numbers: int) -> list[Piece]:
    """The fleet in `count` pieces, or in more if memory requires it."""
    pieces = [_piece(part) for part in split(fleet, count)]
    if count < len(fleet.specs) and max(piece.numbers for piece in pieces) > most_numbers:
        return _pieces(fleet, min(2 * count, len(fleet.specs)), most_numbers)
    return pieces


def _piece(plan: FleetPlan) -> Piece:
    spec = plan.structure
    facts = spec.data.facts
    # An evaluation is a forward pass: a third of the work of a step on as many examples.
    examples = spec.steps * spec.batch_size
    examples += -(-spec.steps // spec.evaluate_every) * facts.validation // 3
    return Piece(
        plan=plan,
        work=float(len(plan.specs) * spec.work * examples),
        numbers=numbers_of(plan),
    )


def numbers_of(plan: FleetPlan) -> int:
    """Roughly how many numbers a piece keeps in memory while it trains, on the high side.

    Parameters with their gradients, the twin's and the optimizer's; the activations of the last
    minibatch in each layer; and the examples, which networks of one seed share.
    """
    spec, facts = plan.structure, plan.structure.data.facts
    sets = len({(one.seed, one.data) for one in plan.specs})
    activations = 8 * spec.activations * spec.batch_size
    a_set = (2 * facts.train + facts.validation) * (facts.features + facts.classes)
    return len(plan.specs) * (6 * spec.parameters + activations) + sets * a_set
