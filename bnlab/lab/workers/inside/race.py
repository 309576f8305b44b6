"""All networks of one experiment in lockstep: every fleet is at the same step."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from bnlab.fleet.device import Device
from bnlab.fleet.inspect.pictures import describe
from bnlab.fleet.inspect.questions import Answer
from bnlab.fleet.plan import numbers_held, plan_fleets
from bnlab.fleet.train import Training
from bnlab.lab.workers.inside.answers import Asked
from bnlab.lab.workers.protocol.queries import Query
from bnlab.results.frames import (
    QUANTITIES,
    REACHED_TARGET,
    Array,
    Frame,
    Quantity,
    merge_frames,
)
from bnlab.spec.experiment import Experiment
from bnlab.spec.interventions import Change, Intervention


class Race:
    """The networks of an experiment at step `step`, 0 at first.

    Args:
        experiment: what to train.
        device: where to train it.
        interventions: changes to make along the way, in order of steps.
    """

    def __init__(
        self,
        experiment: Experiment,
        *,
        device: Device,
        interventions: Iterable[Intervention] = (),
    ) -> None:
        self.step = 0
        self.stops_at_target = experiment.stop_at_target
        self._device = device
        self._planned = deque(interventions)
        self._plans = plan_fleets(experiment)
        self._intervals = {plan.structure.evaluate_every for plan in self._plans}
        # The watched member of each variant, in order: (member, its fleet, place among watched).
        self._watched = sorted(
            (plan.members[position], fleet, place)
            for fleet, plan in enumerate(self._plans)
            for place, position in enumerate(plan.watched)
        )
        self._trainings = [Training(plan, device.name) for plan in self._plans]
        places = ((at, self._plans[at].watched[place]) for _, at, place in self._watched)
        self._asked = Asked(self._trainings, dict(zip(experiment.variants, places, strict=True)))
        self.first_frame = self.look(QUANTITIES, pictures=True)

    @property
    def is_done(self) -> bool:
        """Whether every network has taken all its steps."""
        return all(training.is_done for training in self._trainings)

    @property
    def was_evaluated(self) -> bool:
        """Whether a network was evaluated at this step."""
        return any(self.step % interval == 0 for interval in self._intervals)

    @property
    def numbers(self) -> int:
        """Roughly how many numbers its networks keep in memory."""
        return sum(numbers_held(plan) for plan in self._plans)

    def header(self) -> dict[str, Array]:
        """The arrays that never change: see `describe`.

        Where the watched members see different data, names are prefixed with the place of the
        member among the watched, as in `1/points`.
        """
        seen = set()
        headers = []
        for _, fleet, place in self._watched:
            plan = self._plans[fleet]
            spec = plan.specs[plan.watched[place]]
            seen.add((spec.data, spec.seed))
            headers.append(describe(plan, self._device.name, watched=place))
        if len(seen) == 1:
            return headers[0]
        return {
            f"{place}/{name}": array
            for place, header in enumerate(headers)
            for name, array in header.items()
        }

    def advance(self) -> None:
        """Make one step of every network that has steps left."""
        self._make_planned_changes()
        for training in self._unfinished():
            training.step()
        self.step += 1

    def look(self, quantities: Iterable[Quantity], *, pictures: bool) -> Frame:
        """Measure now, without a step."""
        wanted = frozenset(quantities)
        return merge_frames(
            [training.look(wanted, pictures=pictures) for training in self._trainings],
            members=[plan.members for plan in self._plans],
            watched=[[plan.members[place] for place in plan.watched] for plan in self._plans],
        )

    def change(self, change: Change) -> None:
        """Apply a change to all networks from the next step on."""
        # Changes planned for this same step come first, as they do when the run is repeated.
        self._make_planned_changes()
        self._make(change)

    def answer(self, query: Query) -> Answer:
        """The arrays that answer a query: see its docstring.

        Raises:
            ValueError: the query does not fit this experiment.
        """
        return self._asked.answer(query)

    def close(self) -> None:
        """Drop the networks."""
        self._trainings.clear()

    def _unfinished(self) -> list[Training]:
        return [training for training in self._trainings if not training.is_done]

    def _make_planned_changes(self) -> None:
        while self._planned and self._planned[0].step <= self.step:
            self._make(self._planned.popleft())

    def _make(self, change: Change) -> None:
        for training in self._unfinished():
            training.change(change)


def have_all_reached_target(frame: Frame) -> bool:
    """Whether the validation accuracy of every network has reached the target."""
    return bool((frame.status == REACHED_TARGET).all())
