"""The networks of a measurement, trained in fleets, a step at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

import numpy as np

from bnlab.fleet.inspect.questions import Answer, Question
from bnlab.fleet.plan import FleetPlan, structure_of
from bnlab.fleet.train import Ask, train
from bnlab.results.frames import Array
from bnlab.spec.member import MemberSpec


def plans_of(specs: Sequence[MemberSpec]) -> tuple[FleetPlan, ...]:
    """The specs in quiet fleets of equal structure; `members` are positions in `specs`."""
    fleets: dict[tuple[object, ...], list[int]] = {}
    for position, spec in enumerate(specs):
        fleets.setdefault(structure_of(spec), []).append(position)
    return tuple(
        FleetPlan(
            specs=tuple(specs[position] for position in positions),
            members=tuple(positions),
            watched=(),
            is_quiet=True,
        )
        for positions in fleets.values()
    )


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
    plans = plans_of(specs)
    answers = []
    for plan in plans:
        answers.append((yield from measure(plan.specs)))
    return in_order(plans, answers)


def trained(plan: FleetPlan, question: Question) -> Generator[None, None, Answer]:
    """Train a fleet to its end, a step between two yields, and put a question to it.

    Returns:
        the answer, arrays (members, ...) by name.

    Raises:
        ValueError: the question does not fit.
    """
    training = train(plan)
    next(training)
    for _ in range(plan.structure.steps):
        training.send(None)
        yield
    answer = training.send(Ask(question))
    training.close()
    if not isinstance(answer, dict):
        raise ValueError(f"The fleet did not answer: {answer}")
    return {name: values for name, values in answer.items() if name != "step"}


def in_order(plans: Sequence[FleetPlan], answers: Sequence[Answer]) -> dict[str, Array]:
    """Answers of fleets, arrays (members, ...) by name, as arrays (M, ...) in the specs' order."""
    order = np.argsort(np.concatenate([plan.members for plan in plans]))
    return {
        name: np.concatenate([answer[name] for answer in answers])[order] for name in answers[0]
    }
