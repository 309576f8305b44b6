"""One real worker process a module: importing torch takes seconds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bnlab.lab.runs.log import RunLog
from bnlab.lab.workers.server.pool import WorkerPool
from bnlab.spec.experiment import Experiment
from tests.lab.workers.builders import a_run, wait_for_workers


@dataclass(frozen=True)
class Bench:
    """Workers, their log, and a way to start runs on them."""

    log: RunLog
    workers: WorkerPool
    start: Callable[..., str]


def make_bench(count: int, **options: Any) -> Bench:
    log = RunLog()
    workers = WorkerPool(log, count=count, **options)
    ids = itertools.count()

    def start(experiment: Experiment, **options: Any) -> str:
        run_id = f"run-{next(ids)}"
        workers.submit(a_run(experiment, run_id, **options))
        return run_id

    return Bench(log, workers, start)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """One worker, warm."""
    made = make_bench(1)
    wait_for_workers(made.workers, 1)
    yield made
    made.workers.close()
