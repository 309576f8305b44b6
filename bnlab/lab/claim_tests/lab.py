"""What claims need of a lab."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol

from bnlab.lab.limits import Limits
from bnlab.lab.runs.log import RunLog
from bnlab.lab.workers.protocol.commands import Command
from bnlab.lab.workers.protocol.queries import Computation
from bnlab.lab.workers.server.slot import WorkersStatus
from bnlab.results.frames import Array
from bnlab.results.sweeps.estimate import Estimate
from bnlab.spec.experiment import Experiment


class Workers(Protocol):
    """Who trains and computes."""

    def status(self) -> WorkersStatus:
        """How they are."""


class ClaimsLab(Protocol):
    """Trains sweeps and computes: see `bnlab.lab.lab.Lab`."""

    @property
    def log(self) -> RunLog:
        """Of its runs."""

    @property
    def workers(self) -> Workers:
        """Who trains and computes."""

    @property
    def limits(self) -> Limits:
        """How large an experiment may be."""

    def start(self, experiment: Experiment, *, owner: str, part_of: str) -> str:
        """Start a sweep that is part of a claim run."""

    def command(self, run_id: str, command: Command) -> Future[int]:
        """Command a run."""

    def compute(self, computation: Computation, *, owner: str) -> Future[dict[str, Array]]:
        """Have a worker compute something."""

    def give_up(self, computation: Future[dict[str, Array]]) -> None:
        """Nobody wants the answer of a computation any more."""

    def estimate(self, experiment: Experiment) -> Future[Estimate]:
        """How long a sweep will take."""
