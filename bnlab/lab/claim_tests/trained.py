"""A study that is trained as a sweep, which all workers share."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace

import numpy as np

from bnlab.claims.claim import Study
from bnlab.claims.evidence import Evidence
from bnlab.lab.claim_tests.record import StudyProgress
from bnlab.lab.lab import Lab
from bnlab.lab.runs.record import UnknownRunError
from bnlab.lab.workers.protocol.commands import RunEndedError, Stop
from bnlab.results.frames import Array
from bnlab.results.sweeps.cells import shape_of, steps_of
from bnlab.results.sweeps.table import UNBUILT, WAITING, Table
from bnlab.spec.experiment import Experiment


class TrainedStudy:
    """One sweep of a claim run, from its start to its end.

    Args:
        lab: trains it.
        name: of the study.
        study: what is trained.
        owner: of the claim run.
        claim_run: id of the claim run.

    Raises:
        SpecError: it is too large for this server, or none of its networks can be built.
    """

    def __init__(self, lab: Lab, name: str, study: Study, *, owner: str, claim_run: str) -> None:
        self._lab, self._name, self._experiment = lab, name, study.experiment
        self._run_id = lab.start(study.experiment, owner=owner, claim_run_id=claim_run)
        self._run, self._table = lab.log.get(self._run_id), lab.log.table(self._run_id)
        self._steps = steps_of(study.experiment)
        self._mean_steps = float(self._steps[self._table.status != UNBUILT].mean())
        self._is_dropped = False  # from the log, to make room: then it had ended

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self._run.has_ended or self._is_dropped

    @property
    def progress(self) -> StudyProgress:
        """How far it is."""
        done = 1.0 if self._run.state == "completed" else self._run.step / self._mean_steps
        return StudyProgress(self._name, min(1.0, done), self._run_id, self.is_over)

    def wait(self, timeout_s: float) -> None:
        """Wait for this long, or until it has ended."""
        log, until_s = self._lab.log, time.monotonic() + timeout_s
        try:
            while not self.is_over and (left_s := until_s - time.monotonic()) > 0:
                log.wait(self._run_id, log.version(self._run_id), timeout_s=left_s)
                self._run = log.get(self._run_id)
        except UnknownRunError:
            self._is_dropped = True

    def stop(self) -> None:
        """Stop training; what is done stays."""
        with suppress(RunEndedError, UnknownRunError):
            self._lab.command(self._run_id, Stop(reason="Stopped with its claim."))

    def add_to(self, evidence: Evidence) -> Evidence:
        """The evidence with the results so far; at the end, only those of complete seeds."""
        with suppress(UnknownRunError):  # the run was dropped: its last known table counts
            self._table = self._lab.log.table(self._run_id)
        table = self._table
        if self.is_over and self._run.state != "completed":
            table = whole_seeds_of(self._experiment, table, self._steps)
        tables = {**evidence.tables, self._name: (self._experiment, table)}
        return replace(evidence, tables=tables)

    def problems(self) -> tuple[str, ...]:
        """What was lost, in sentences."""
        if self._run.state == "completed":
            return ()
        lost = int((~are_whole(self._experiment, self._table, self._steps)).sum())
        if not lost:
            return ()
        seeds = self._experiment.seeds
        return (
            f"{self._name}: {lost} of {seeds} seeds were not trained to the end and are left "
            f"out. {self._run.reason}".strip(),
        )


def are_whole(experiment: Experiment, table: Table, steps: Array) -> Array:
    """Which seeds (S,) have all their networks trained to the end, of steps (C,)."""
    is_done = (table.status == UNBUILT) | (table.steps >= steps)
    by_seed = is_done.reshape(shape_of(experiment))
    return np.asarray(by_seed.all(tuple(range(by_seed.ndim - 1))))


def whole_seeds_of(experiment: Experiment, table: Table, steps: Array) -> Table:
    """The table without the numbers of incomplete seeds, as if they had never begun.

    Networks that were trained for part of their steps say nothing about a claim.
    """
    is_whole = np.broadcast_to(are_whole(experiment, table, steps), shape_of(experiment)).ravel()
    is_lost = ~is_whole & (table.status != UNBUILT)
    return Table(
        eval_steps=table.eval_steps,
        values={
            name: np.where(is_lost[:, None], np.float32(np.nan), values)
            for name, values in table.values.items()
        },
        at_end={
            name: np.where(is_lost, np.float32(np.nan), values)
            for name, values in table.at_end.items()
        },
        status=np.where(is_lost, np.uint8(WAITING), table.status),
        steps=np.where(is_lost, np.int32(0), table.steps),
        target_steps=np.where(is_lost, np.float32(np.inf), table.target_steps),
    )
