"""All networks of one experiment in lockstep: every fleet is at the same step."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Sequence

from bnlab.fleet.device import Device
from bnlab.fleet.pictures import describe
from bnlab.fleet.plan import plan_fleets
from bnlab.fleet.train import Command, Look, SetLearningRate, train
from bnlab.frames import REACHED_TARGET, Array, Frame, Quantity, merge_frames
from bnlab.spec import Experiment, Intervention

Fleet = Generator[Frame | None, Command | None, None]


class Race:
    """The networks of an experiment at step `step`, 0 at first.

    Args:
        experiment: what is trained.
        device: where.
        interventions: changes of the learning rate to be made on the way, in order of steps.
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
        self._plans = plan_fleets(experiment)
        self._device = device
        self._members = {
            member: spec
            for plan in self._plans
            for member, spec in zip(plan.members, plan.specs, strict=True)
        }
        self._fleets: list[Fleet] = [train(plan, device.name) for plan in self._plans]
        self._planned = deque(interventions)
        self._steps = [plan.structure.steps for plan in self._plans]
        self._intervals = {plan.structure.evaluate_every for plan in self._plans}
        self._first = self._merged([_frame(next(fleet)) for fleet in self._fleets])

    @property
    def first_frame(self) -> Frame:
        """Everything at step 0, before any update."""
        return self._first

    @property
    def is_done(self) -> bool:
        """Whether every network has taken all its steps."""
        return self.step >= max(self._steps)

    @property
    def was_evaluated(self) -> bool:
        """Whether a network may have been evaluated at this step."""
        return any(self.step % interval == 0 for interval in self._intervals)

    def header(self) -> dict[str, Array]:
        """The arrays that never change: see `describe`.

        Where the watched members see different data, names begin with the place of the member
        among the watched, as `1/points`.
        """
        watched = sorted(
            (plan.members[position], place, plan)
            for plan in self._plans
            for place, position in enumerate(plan.watched)
        )
        specs = [self._members[member] for member, _, _ in watched]
        if len({(spec.data, spec.seed) for spec in specs}) == 1:
            watched = watched[:1]
        headers = [describe(plan, self._device.name, watched=place) for _, place, plan in watched]
        if len(headers) == 1:
            return headers[0]
        return {
            f"{place}/{name}": array
            for place, header in enumerate(headers)
            for name, array in header.items()
        }

    def advance(self) -> None:
        """One minibatch for every network that has steps left."""
        self._make_planned_changes()
        for fleet, steps in zip(self._fleets, self._steps, strict=True):
            if self.step < steps:
                fleet.send(None)
        self.step += 1

    def look(self, quantities: Iterable[Quantity], *, pictures: bool) -> Frame:
        """Measure now, without a step."""
        look = Look(quantities=frozenset(quantities), pictures=pictures)
        return self._merged([_frame(fleet.send(look)) for fleet in self._fleets])

    def set_learning_rate(self, lr: float) -> None:
        """Train all networks with this learning rate from the next step on."""
        # A change planned for this very step comes first, as it does when the run is repeated.
        self._make_planned_changes()
        for fleet, steps in zip(self._fleets, self._steps, strict=True):
            if self.step < steps:
                fleet.send(SetLearningRate(lr=lr))

    def close(self) -> None:
        """Let go of the networks."""
        for fleet in self._fleets:
            fleet.close()

    def _make_planned_changes(self) -> None:
        while self._planned and self._planned[0].step <= self.step:
            self.set_learning_rate(self._planned.popleft().lr)

    def _merged(self, frames: Sequence[Frame]) -> Frame:
        return merge_frames(
            frames,
            members=[plan.members for plan in self._plans],
            watched=[[plan.members[place] for place in plan.watched] for plan in self._plans],
        )


def have_all_reached_target(frame: Frame) -> bool:
    """Whether the validation accuracy of every network has passed the target."""
    return bool((frame.status == REACHED_TARGET).all())


def _frame(answer: Frame | None) -> Frame:
    if answer is None:
        raise RuntimeError("The fleet was asked for a frame and gave none.")
    return answer
