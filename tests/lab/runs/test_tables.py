"""The log keeps the table of each sweep, wakes who waits for it, and counts what it takes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bnlab.lab.runs.log import RunLog, UnknownRunError
from bnlab.results.frames import TRAINING
from bnlab.results.sweeps.record import evaluation_bytes
from bnlab.results.sweeps.table import END_QUANTITIES, SWEEP_QUANTITIES, WAITING
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import parse
from tests.lab.runs.builders import a_run

SWEEP = parse(
    Experiment, {"base": {"steps": 40}, "axes": {"optimizer.lr": [0.1, 0.2, 0.3]}, "seeds": 5}
)
CELLS = 30


def told(step: int, cells: range) -> bytes:
    """An evaluation of some cells."""
    values = np.zeros(len(cells), np.float32)
    arrays = dict.fromkeys((*SWEEP_QUANTITIES, *END_QUANTITIES), values)
    status = np.full(len(cells), TRAINING, np.uint8)
    return evaluation_bytes(step, {"cells": np.array(cells, np.int32), "status": status, **arrays})


def log_with_sweep(**options: int) -> RunLog:
    log = RunLog(**options)
    log.add(replace(a_run("sweep"), experiment=SWEEP))
    return log


def test_a_sweep_has_a_table_from_the_start_and_its_step_is_the_mean() -> None:
    log = log_with_sweep()
    assert (log.table("sweep").status == WAITING).all()
    log.fill("sweep", told(0, range(CELLS)))
    log.fill("sweep", told(20, range(CELLS // 2)))
    assert (log.get("sweep").step, log.get("sweep").frames) == (10, 2)
    assert log.table("sweep").steps.tolist() == [20] * 15 + [0] * 15


def test_each_change_of_a_table_wakes_who_waits() -> None:
    log = log_with_sweep()
    version = log.version("sweep")
    log.fill("sweep", told(0, range(3)))
    assert log.wait("sweep", version, timeout_s=0.0) > version


def test_a_race_has_no_table_and_an_unknown_run_neither() -> None:
    log = log_with_sweep()
    log.add(a_run("race"))
    with pytest.raises(ValueError, match="This run is a race"):
        log.table("race")
    with pytest.raises(ValueError, match="This run is a race"):
        log.fill("race", told(0, range(3)))
    with pytest.raises(UnknownRunError):
        log.table("nowhere")


def test_tables_count_in_the_memory_of_the_log_and_ended_sweeps_make_room() -> None:
    log = log_with_sweep(max_bytes=20_000)
    log.end("sweep", "completed")
    log.add(replace(a_run("next"), experiment=SWEEP))
    log.add(replace(a_run("last"), experiment=SWEEP))
    assert [run.id for run in log.runs()] == ["next", "last"]
