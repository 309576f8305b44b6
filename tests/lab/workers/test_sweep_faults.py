"""Workers are killed under a sweep; and a sweep that does not fit the memory goes in waves."""

from __future__ import annotations

import os
import signal
import sys

import numpy as np
import pytest

from bnlab.lab.runs.log import RunLog
from bnlab.lab.workers.protocol.commands import Pause, Resume, Stop
from bnlab.lab.workers.server.pool import WorkerPool
from bnlab.results.sweeps.table import WAITING, Table
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import parse
from tests.lab.workers.builders import (
    PATIENCE_S,
    a_run,
    wait_for_end,
    wait_for_step,
    wait_for_workers,
    wait_until,
)
from tests.lab.workers.conftest import Bench, make_bench
from tests.lab.workers.sweeps import tiny_sweep


def kill_one_of(bench: Bench) -> None:
    """Kill a worker and wait until another is in its place."""
    before = bench.workers.pids()
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: len(bench.workers.pids()) == len(before) and before != bench.workers.pids())


def numbers(bench: Bench, sweep: Experiment) -> Table:
    """The table of a sweep that nothing disturbs."""
    run_id = bench.start(sweep)
    wait_for_end(bench.log, run_id)
    return bench.log.table(run_id)


def test_a_sweep_goes_on_without_a_killed_worker_and_reaches_the_same_numbers() -> None:
    bench = make_bench(2)
    wait_for_workers(bench.workers, 2)
    sweep = tiny_sweep(steps=1500)
    run_id = bench.start(sweep)
    wait_for_step(bench.log, run_id, 30)
    bench.workers.command(run_id, Pause()).result(PATIENCE_S)
    seen = bench.log.table(run_id)
    kill_one_of(bench)
    assert bench.log.get(run_id).state == "paused"
    bench.workers.command(run_id, Resume()).result(PATIENCE_S)
    run = wait_for_end(bench.log, run_id)
    assert (run.state, run.reason) == ("completed", "")
    table, undisturbed = bench.log.table(run_id), numbers(bench, sweep)
    for name, values in undisturbed.values.items():
        np.testing.assert_array_equal(table.values[name], values)
        known = np.isfinite(seen.values[name])
        np.testing.assert_array_equal(seen.values[name][known], values[known])
    bench.workers.close()


def test_networks_that_kill_two_workers_end_their_sweep_and_its_table_stays() -> None:
    bench = make_bench(1)
    one_piece = tiny_sweep(steps=20_000, axes={"optimizer.lr": [0.1, 0.2]}, variants={"none": {}})
    run_id = bench.start(one_piece)
    reached = 0
    for _ in range(2):
        # Beyond what the first saw: by then the second has taken the same networks up.
        wait_until(lambda reached=reached: bench.log.table(run_id).steps.max() > reached)
        assert not bench.log.get(run_id).has_ended
        kill_one_of(bench)
        reached = bench.log.table(run_id).steps.max()
    run = wait_for_end(bench.log, run_id)
    assert run.state == "failed"
    assert run.reason == (
        "The worker process was killed (signal 9), "
        "twice while training the same 4 networks of this sweep."
    )
    assert bench.log.table(run_id).steps.max() == reached
    wait_for_workers(bench.workers, 1)
    another = bench.start(tiny_sweep())
    assert wait_for_end(bench.log, another).state == "completed"
    bench.workers.close()


def test_a_command_on_its_way_to_a_killed_worker_is_answered() -> None:
    bench = make_bench(2)
    wait_for_workers(bench.workers, 2)
    run_id = bench.start(tiny_sweep(steps=20_000))
    wait_for_step(bench.log, run_id, 10)
    os.kill(bench.workers.pids()[0], signal.SIGSTOP)
    waiting = bench.workers.command(run_id, Pause())
    kill_one_of(bench)
    waiting.result(PATIENCE_S)
    assert bench.log.get(run_id).state == "paused"
    bench.workers.command(run_id, Stop()).result(PATIENCE_S)
    bench.workers.close()


def test_a_sweep_without_workers_fails_and_says_why() -> None:
    log = RunLog()
    workers = WorkerPool(log, count=1, program=(sys.executable, "-c", "raise SystemExit(3)"))
    workers.submit(a_run(tiny_sweep(), "r"))
    assert "exited (code 3), 3 times in a row" in wait_for_end(log, "r").reason
    workers.close()


def test_a_sweep_under_way_is_interrupted_when_the_server_stops() -> None:
    bench = make_bench(1)
    run_id = bench.start(tiny_sweep(steps=20_000))
    wait_for_step(bench.log, run_id, 10)
    bench.workers.close()
    assert bench.log.get(run_id).state == "interrupted"


def test_a_sweep_larger_than_the_memory_for_it_trains_in_waves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BNLAB_SWEEP_MB", "20")
    bench = make_bench(2)
    wait_for_workers(bench.workers, 2)
    base = {"network": {"depth": 2, "width": 64}, "steps": 40, "evaluate_every": 10}
    axes = {"optimizer.lr": [0.01, 0.03, 0.1, 0.3, 1.0, 3.0], "network.gain": [0.3, 0.5, 1, 2, 3]}
    run_id = bench.start(parse(Experiment, {"base": base, "axes": axes}))
    waves = set()
    while not bench.log.get(run_id).has_ended:
        bench.log.wait(run_id, bench.log.version(run_id), timeout_s=1.0)
        table = bench.log.table(run_id)
        waves.add((int((table.steps == 40).sum()), int((table.status == WAITING).sum())))
    # Some were done when others still waited; and in the end all are.
    assert any(done and waiting for done, waiting in waves)
    assert bench.log.get(run_id).state == "completed"
    assert (bench.log.table(run_id).steps == 40).all()
    bench.workers.close()
