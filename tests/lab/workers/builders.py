"""Tiny races, real worker processes, and patience."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bnlab.lab.runs.log import Run, RunLog
from bnlab.lab.workers.server.pool import WorkerPool
from bnlab.spec.experiment import Experiment
from bnlab.spec.interventions import Intervention
from bnlab.spec.member import parse

PATIENCE_S = 90.0


def tiny_race(steps: int = 40, **changes: Any) -> Experiment:
    """Two networks on points in the plane, none and batch."""
    network = {"depth": 2, "width": 8}
    base = {"data": {"name": "moons"}, "network": network, "steps": steps, "batch_size": 16}
    return parse(Experiment, {"base": base, **changes})


def a_run(
    experiment: Experiment,
    run_id: str,
    *,
    pace: float = 0.0,
    interventions: tuple[Intervention, ...] = (),
) -> Run:
    return Run(
        id=run_id,
        experiment=experiment,
        owner="someone",
        pace=pace,
        created_s=0.0,
        interventions=interventions,
    )


def wait_until(condition: Callable[[], Any], *, patience_s: float = PATIENCE_S) -> None:
    """Return when the condition holds; fails when it does not for very long."""
    end_s = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > end_s:
            raise TimeoutError("It did not come to pass.")
        time.sleep(0.005)


def wait_for_step(log: RunLog, run_id: str, step: int) -> None:
    wait_until(lambda: log.get(run_id).step >= step or log.get(run_id).has_ended)


def wait_for_end(log: RunLog, run_id: str) -> Run:
    wait_until(lambda: log.get(run_id).has_ended)
    return log.get(run_id)


def wait_for_workers(workers: WorkerPool, count: int) -> None:
    wait_until(lambda: workers.status().ready >= count or workers.status().problem)
