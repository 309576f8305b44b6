"""How long a sweep takes is measured on a worker before the sweep is started."""

from __future__ import annotations

import pytest

from bnlab.lab.runs.log import RunLog
from bnlab.lab.workers.protocol.queries import QueryError, TimeNetworks, parse_computation
from bnlab.lab.workers.server.estimates import Estimates
from bnlab.lab.workers.server.pool import WorkerPool
from tests.lab.workers.builders import PATIENCE_S, tiny_race, wait_until
from tests.lab.workers.conftest import Bench
from tests.lab.workers.sweeps import tiny_sweep


def test_an_estimate_counts_the_networks_and_says_where_it_was_measured(bench: Bench) -> None:
    group = {"group": {"norm.kind": "group", "norm.groups": 4}}
    sweep = tiny_sweep(variants=group, axes={"network.width": [4, 6, 8]})
    found = Estimates(bench.workers).of(sweep).result(PATIENCE_S)
    assert (found.networks, found.unbuilt) == (6, 2)
    assert found.seconds > 0
    assert found.measured_on == bench.workers.status().device


def test_twice_the_steps_take_about_twice_as_long_and_need_no_new_measurement(
    bench: Bench,
) -> None:
    estimates = Estimates(bench.workers)
    short = estimates.of(tiny_sweep(steps=20_000)).result(PATIENCE_S)
    again = estimates.of(tiny_sweep(steps=40_000))
    assert again.done()
    assert again.result().seconds == pytest.approx(2 * short.seconds, rel=0.01)


def test_what_is_too_heavy_to_be_timed_whole_is_timed_in_part(bench: Bench) -> None:
    wide = tiny_sweep(axes={"network.width": [1000, 1024]}, base={"batch_size": 400})
    found = Estimates(bench.workers).of(wide).result(PATIENCE_S)
    assert found.seconds > 0


def test_runs_go_on_while_networks_are_timed(bench: Bench) -> None:
    run_id = bench.start(tiny_race(steps=100_000))
    wait_until(lambda: bench.log.get(run_id).step > 10)
    estimate = Estimates(bench.workers).of(tiny_sweep())
    assert estimate.result(PATIENCE_S).networks == 36
    step = bench.log.get(run_id).step
    wait_until(lambda: bench.log.get(run_id).step > step)


def test_without_workers_an_estimate_fails_and_says_why() -> None:
    workers = WorkerPool(RunLog(), count=1, program=("/nowhere/python",))
    failed = Estimates(workers).of(tiny_sweep()).exception(PATIENCE_S)
    assert isinstance(failed, QueryError)
    assert "No worker process could be started" in str(failed)
    workers.close()


def test_networks_to_be_timed_have_a_number_each() -> None:
    spec = tiny_sweep().base.model_dump(mode="json")
    request = {"kind": "time_networks", "specs": [spec], "networks": [3]}
    assert isinstance(parse_computation(request), TimeNetworks)
    with pytest.raises(ValueError, match="networks must be one for each"):
        parse_computation({**request, "networks": [3, 4]})
