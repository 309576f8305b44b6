"""Workers are killed, broken or left alone; no run is lost that need not be."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bnlab.lab.runs.log import RunLog
from bnlab.lab.workers.protocol.commands import (
    Freeze,
    Pace,
    Pause,
    Resume,
    RunEndedError,
    SetLearningRate,
    Step,
    Watch,
)
from bnlab.lab.workers.server.pool import WorkerPool
from bnlab.lab.workers.server.process import WorkerProcess
from bnlab.spec.interventions import Intervention
from tests.lab.workers.builders import (
    PATIENCE_S,
    a_run,
    tiny_race,
    wait_for_end,
    wait_for_step,
    wait_for_workers,
    wait_until,
)
from tests.lab.workers.conftest import Bench
from tests.server import ROOT

ENDLESS = 100_000
KILLED = "The worker process that trained this run was killed (signal 9)."


def kill_worker(bench: Bench) -> None:
    """Kill the worker and wait until another is in its place."""
    (pid,) = bench.workers.pids()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: bench.workers.pids() not in ((), (pid,)))


def test_a_killed_worker_fails_the_run_it_advanced_and_the_others_reach_the_same_numbers(
    bench: Bench,
) -> None:
    race = tiny_race(steps=400, probe={"layer": 1})
    resting = bench.start(race, pace=100.0)
    wait_for_step(bench.log, resting, 20)
    changed_at = bench.workers.command(resting, SetLearningRate(lr=0.02)).result(PATIENCE_S)
    frozen_at = bench.workers.command(resting, Freeze(frozen=True)).result(PATIENCE_S)
    bench.workers.command(resting, Step(n=30)).result(PATIENCE_S)
    wait_until(lambda: bench.log.get(resting).state == "paused")
    creeping = bench.start(race, pace=0.01)  # running, but hardly ever advanced
    advanced = bench.start(tiny_race(steps=ENDLESS))
    wait_for_step(bench.log, advanced, 50)
    wait_for_step(bench.log, creeping, 1)
    reached = bench.log.get(resting).step

    kill_worker(bench)
    failed = wait_for_end(bench.log, advanced)
    assert (failed.state, failed.reason) == ("failed", KILLED)
    assert bench.log.get(creeping).state == "running"
    assert (bench.log.get(resting).state, bench.log.get(resting).step) == ("paused", reached)
    bench.workers.command(resting, Resume())
    bench.workers.command(resting, Pace(steps_per_s=0.0))
    bench.workers.command(creeping, Pace(steps_per_s=0.0))

    record = wait_for_end(bench.log, resting).interventions
    assert record == (
        Intervention(step=changed_at, lr=0.02),
        Intervention(step=frozen_at, frozen=True),
    )
    undisturbed = {
        resting: bench.start(race, interventions=record),
        creeping: bench.start(race),
    }
    for disturbed, other in undisturbed.items():
        assert wait_for_end(bench.log, disturbed).state == "completed"
        assert wait_for_end(bench.log, other).state == "completed"
        mine, others = (bench.log.curves_since(run, None)[1] for run in (disturbed, other))
        for name, array in others.items():
            np.testing.assert_array_equal(mine[name], array)
        last = [bench.log.frames(run)[-1].statistics for run in (disturbed, other)]
        np.testing.assert_array_equal(*last)


def test_a_command_on_its_way_to_a_killed_worker_is_obeyed_by_the_next(bench: Bench) -> None:
    run_id = bench.start(tiny_race(steps=ENDLESS), pace=50.0)
    wait_for_step(bench.log, run_id, 3)
    bench.workers.command(run_id, Pause()).result(PATIENCE_S)
    bench.workers.command(run_id, Watch()).result(PATIENCE_S)  # by now it rests
    (pid,) = bench.workers.pids()
    os.kill(pid, signal.SIGSTOP)
    waiting = bench.workers.command(run_id, SetLearningRate(lr=0.5))
    kill_worker(bench)
    step = waiting.result(PATIENCE_S)
    assert step == bench.log.get(run_id).step
    assert bench.log.get(run_id).interventions == (Intervention(step=step, lr=0.5),)


def test_a_command_to_the_run_that_failed_is_answered_with_its_reason(bench: Bench) -> None:
    run_id = bench.start(tiny_race(steps=ENDLESS))
    wait_for_step(bench.log, run_id, 3)
    (pid,) = bench.workers.pids()
    os.kill(pid, signal.SIGSTOP)
    waiting = bench.workers.command(run_id, Watch())
    kill_worker(bench)
    with pytest.raises(RunEndedError, match="killed"):
        waiting.result(PATIENCE_S)


def test_one_killed_worker_leaves_the_runs_of_another_alone() -> None:
    log = RunLog()
    workers = WorkerPool(log, count=2)
    wait_for_workers(workers, 2)
    for run_id in ("first", "second"):
        workers.submit(a_run(tiny_race(steps=ENDLESS), run_id))
        wait_for_step(log, run_id, 10)
    os.kill(workers.pids()[0], signal.SIGKILL)
    assert wait_for_end(log, "first").state == "failed"
    step = log.get("second").step
    wait_for_step(log, "second", step + 100)
    assert log.get("second").state == "running"
    workers.close()
    assert (log.get("second").state, log.get("second").reason) == (
        "interrupted",
        "The server was stopped.",
    )
    assert workers.pids() == ()


def test_a_worker_that_dies_at_once_is_given_up_and_the_run_says_so() -> None:
    log = RunLog()
    workers = WorkerPool(log, count=1, program=(sys.executable, "-c", "raise SystemExit(3)"))
    workers.submit(a_run(tiny_race(), "r"))
    reason = wait_for_end(log, "r").reason
    assert "exited (code 3), 3 times in a row" in reason
    assert workers.status().problem == reason
    workers.submit(a_run(tiny_race(), "next"))  # tried again, and given up again
    assert wait_for_end(log, "next").state == "failed"
    workers.close()


def test_a_program_that_is_not_there_fails_the_run_in_a_sentence() -> None:
    log = RunLog()
    workers = WorkerPool(log, count=1, program=("/nowhere/python",))
    workers.submit(a_run(tiny_race(), "r"))
    assert "No worker process could be started" in wait_for_end(log, "r").reason
    workers.close()


def test_a_device_that_is_not_there_fails_the_run_and_names_those_that_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BNLAB_DEVICE", "abacus")
    log = RunLog()
    workers = WorkerPool(log, count=1)
    workers.submit(a_run(tiny_race(), "r"))
    assert "BNLAB_DEVICE must be one of" in wait_for_end(log, "r").reason
    workers.close()


@pytest.fixture(scope="module")
def process() -> Iterator[tuple[WorkerProcess, queue.SimpleQueue[dict[str, Any]]]]:
    """A worker process without the server's side of things, and what it says."""
    said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    process = WorkerProcess(
        on_message=lambda meta, payload: said.put(meta),
        on_death=lambda words: said.put({"op": "death", "words": words}),
    )
    yield process, said
    process.close()


def test_a_run_that_breaks_ends_failed_and_the_worker_goes_on(
    process: tuple[WorkerProcess, queue.SimpleQueue[dict[str, Any]]],
) -> None:
    worker, said = process
    start = {
        "op": "start",
        "owner": "someone",
        "interventions": [],
        "pace": 0.0,
        "is_paused": False,
    }
    start |= {"watch": {}, "step": -1, "frames": 0}
    worker.send({**start, "run": "broken", "experiment": {"base": {"steps": 0}}})
    good = tiny_race(steps=3).model_dump(mode="json")
    worker.send({**start, "run": "good", "experiment": good})
    endings: dict[str, dict[str, Any]] = {}
    while len(endings) < 2:
        message = said.get(timeout=PATIENCE_S)
        if message["op"] == "state" and message["state"] in ("failed", "completed"):
            endings[message["run"]] = message
    assert endings["broken"]["state"] == "failed"
    assert endings["broken"]["reason"].startswith("steps must be ")
    assert endings["good"]["state"] == "completed"


PARENT = """
import sys, time
from bnlab.lab.runs.log import RunLog
from bnlab.lab.workers.server.pool import WorkerPool
workers = WorkerPool(RunLog(), count=1)
while sys.argv[1] == "warm" and not workers.status().ready:
    time.sleep(0.01)
print(*workers.pids(), flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the states of /proc")
@pytest.mark.parametrize(
    ("deadly", "when"), [(signal.SIGTERM, "warm"), (signal.SIGKILL, "warm"), (signal.SIGKILL, "")]
)
def test_no_worker_outlives_its_server(deadly: signal.Signals, when: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, when],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert not is_gone(worker)
        parent.send_signal(deadly)
        parent.wait(PATIENCE_S)
    wait_until(lambda: is_gone(worker))


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has buried yet has, too."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"
