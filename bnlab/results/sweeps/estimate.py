"""How long a sweep will take, from the measured cost of its networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from bnlab.results.sweeps.record import evaluation_steps
from bnlab.spec.member import MemberSpec


@dataclass(frozen=True)
class Estimate:
    """What is known about a sweep before it starts."""

    networks: int  # those that cannot be built included
    unbuilt: int  # networks that cannot be built
    seconds: float  # that it takes here if nothing else is trained
    measured_on: str  # in words, such as "CPU, 1 thread, 2 workers"


class Cost(NamedTuple):
    """What one network costs as part of its piece, in seconds."""

    begin: float  # until the first step, the first evaluation included
    step: float
    evaluation: float
    last: float  # last evaluation, with exact statistics

    def to_the_end(self, spec: MemberSpec) -> float:
        """Seconds for all steps and evaluations of such a network."""
        between = len(evaluation_steps(spec)) - 2
        return self.begin + spec.steps * self.step + between * self.evaluation + self.last
