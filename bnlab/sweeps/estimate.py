"""How long a sweep will take, from what its networks were measured to cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bnlab.spec import MemberSpec
from bnlab.sweeps.record import evaluation_steps


@dataclass(frozen=True)
class Estimate:
    """What is known of a sweep before it is started."""

    networks: int  # cells, those that cannot be built included
    unbuilt: int  # cells that cannot be built
    seconds: float  # that it takes here when nothing else is trained
    measured_on: str  # in words, as "CPU, 1 thread, 2 workers"


class Cost(NamedTuple):
    """Seconds of one network, as one of its piece."""

    begin: float  # until the first step, the first evaluation included
    step: float
    evaluation: float
    last: float  # evaluation, with exact statistics


@dataclass(frozen=True)
class Load:
    """So many networks that are trained together."""

    spec: MemberSpec  # of any of them, for their common structure
    networks: int

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for loads whose networks cost the same: how long they train does not matter."""
        spec = self.spec
        parts = (spec.data, spec.network, spec.norm, spec.optimizer.kind, spec.batch_size)
        return (*(part.model_dump_json() if hasattr(part, "model_dump_json") else part for part in parts), self.networks)

    @property
    def step_work(self) -> float:
        """Of one network in one step, in units that only compare."""
        return float(self.spec.parameters * self.spec.batch_size)

    def seconds(self, cost: Cost) -> float:
        """The time for all of them to train to the end."""
        spec = self.spec
        between = len(evaluation_steps(spec)) - 2
        a_network = cost.begin + spec.steps * cost.step + between * cost.evaluation + cost.last
        return self.networks * a_network
