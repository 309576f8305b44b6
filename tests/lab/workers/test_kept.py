"""Runs that have ended answer as long as their networks are kept; computations need no run."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import numpy as np
import psutil
import pytest

from bnlab.fleet.device import choose_device
from bnlab.lab.runs.log import UnknownRunError
from bnlab.lab.workers.inside.kept import KeptRaces
from bnlab.lab.workers.inside.race import Race
from bnlab.lab.workers.protocol.commands import Pause, RunEndedError, Stop
from bnlab.lab.workers.protocol.queries import (
    Activations,
    BatchDependence,
    Evaluate,
    LayerByTorch,
    QueryError,
    Unit,
)
from bnlab.lab.workers.server.pool import WorkerPool
from tests.lab.workers.builders import (
    PATIENCE_S,
    tiny_race,
    wait_for_end,
    wait_for_step,
    wait_until,
)
from tests.lab.workers.conftest import Bench, make_bench

ENDLESS = 100_000
MANY = 40  # more runs than are kept
CPU = choose_device("cpu")
LAYER = LayerByTorch(
    x=((1.0,), (2.0,)), weight=(1.0,), bias=(0.0,), grad_y=((1.0,), (0.0,)), eps=1e-5
)


@pytest.fixture
def own() -> Iterator[Bench]:
    """A worker of this test alone, to be killed."""
    made = make_bench(1)
    yield made
    made.workers.close()


def kept_of(sizes: list[int], **limits: int) -> tuple[list[str], list[str]]:
    """Keep races of so many seeds after another: which are still there, which were let go."""
    gone: list[str] = []
    kept = KeptRaces(gone.append, **limits)
    names = [f"{place}: {seeds}" for place, seeds in enumerate(sizes)]
    for name, seeds in zip(names, sizes, strict=True):
        kept.keep(name, Race(tiny_race(steps=1, seeds=seeds), device=CPU))
    return [name for name in names if name not in gone], gone


def test_the_newest_few_races_are_kept() -> None:
    there, gone = kept_of([1] * 5, most=3)
    assert there == ["2: 1", "3: 1", "4: 1"]
    assert gone == ["0: 1", "1: 1"]


def test_kept_races_hold_a_bounded_number_of_parameters() -> None:
    one = Race(tiny_race(steps=1), device=CPU).numbers
    there, gone = kept_of([1, 1, 2, 9, 1], most_numbers=4 * one)
    assert gone == ["3: 9", "0: 1"]  # one that is too large alone drives out no other
    assert there == ["1: 1", "2: 2", "4: 1"]


def test_a_race_that_is_asked_stays_longer() -> None:
    gone: list[str] = []
    kept = KeptRaces(gone.append, most=2)
    for name in ("first", "second", "third"):
        kept.keep(name, Race(tiny_race(steps=1), device=CPU))
        assert kept.get("first") is not None
    assert gone == ["second"]
    assert kept.get("second") is None


def test_a_completed_run_answers_as_the_same_race_here_at_its_end(bench: Bench) -> None:
    run_id = bench.start(tiny_race(steps=30))
    wait_for_end(bench.log, run_id)
    race = Race(tiny_race(steps=30), device=CPU)
    while not race.is_done:
        race.advance()
    for query in (Evaluate(part="test"), Unit(variant="batch", layer=1, unit=3)):
        answer, expected = bench.workers.ask(run_id, query).result(PATIENCE_S), race.answer(query)
        for name, values in expected.items():
            np.testing.assert_allclose(answer[name], values, rtol=1e-3, atol=1e-5)


def test_a_cancelled_run_answers_too_and_takes_no_command(bench: Bench) -> None:
    run_id = bench.start(tiny_race(steps=ENDLESS))
    wait_for_step(bench.log, run_id, 1)
    bench.workers.command(run_id, Stop())
    question = bench.workers.ask(run_id, Evaluate())  # while it is ending, most likely
    step = wait_for_end(bench.log, run_id).step
    assert question.result(PATIENCE_S)["loss"].shape == (2,)
    query = Unit(variant="batch", layer=0, unit=0)
    assert bench.workers.ask(run_id, query).result(PATIENCE_S)["step"] == step
    with pytest.raises(RunEndedError, match="This run has ended"):
        bench.workers.command(run_id, Pause())


def test_a_run_that_has_ended_refuses_what_does_not_fit_and_still_answers(bench: Bench) -> None:
    run_id = bench.start(tiny_race(steps=2))
    wait_for_end(bench.log, run_id)
    with pytest.raises(QueryError, match="layer must be 0 to 1"):
        bench.workers.ask(run_id, Unit(variant="batch", layer=9, unit=0)).result(PATIENCE_S)
    bench.workers.ask(run_id, Evaluate()).result(PATIENCE_S)


def test_torchs_own_words_refuse_a_batch_of_one(bench: Bench) -> None:
    run_id = bench.start(tiny_race(steps=2))
    one = BatchDependence(variant="batch", example=0, batch_size=1, draws=1)
    with pytest.raises(QueryError, match="Expected more than 1 value per channel when training"):
        bench.workers.ask(run_id, one).result(PATIENCE_S)


def test_only_the_newest_runs_answer_and_the_workers_memory_stays_bounded(own: Bench) -> None:
    def train(count: int) -> list[str]:
        runs = []
        for _ in range(count):  # one after the other: what runs at once takes memory, too
            runs.append(own.start(tiny_race(base=digits(), seeds=2)))
            wait_for_end(own.log, runs[-1])
        return runs

    first, *_ = train(MANY)
    (pid,) = own.workers.pids()
    before = psutil.Process(pid).memory_info().rss
    *_, newest = train(MANY)
    own.workers.ask(newest, Evaluate()).result(PATIENCE_S)
    with pytest.raises(RunEndedError, match="no longer kept for questions"):
        own.workers.ask(first, Evaluate())
    assert psutil.Process(pid).memory_info().rss - before < 60 * 2**20


def digits() -> dict[str, object]:
    return {"network": {"depth": 3, "width": 64}, "steps": 2, "batch_size": 64}


def test_a_killed_worker_takes_the_networks_it_kept_along(own: Bench) -> None:
    run_id = own.start(tiny_race(steps=2))
    wait_for_end(own.log, run_id)
    own.workers.ask(run_id, Evaluate()).result(PATIENCE_S)
    kill(own.workers)
    with pytest.raises(RunEndedError, match="no longer kept for questions"):
        own.workers.ask(run_id, Evaluate())


def test_an_unknown_run_cannot_be_asked(bench: Bench) -> None:
    with pytest.raises(UnknownRunError):
        bench.workers.ask("nowhere", Evaluate())


def test_a_computation_needs_no_run(bench: Bench) -> None:
    answer = bench.workers.compute(LAYER).result(PATIENCE_S)
    np.testing.assert_allclose(answer["y"].ravel(), np.array([-0.5, 0.5]) / np.sqrt(0.25 + 1e-5))
    shape = bench.workers.compute(Activations(examples=3, channels=2, size=4)).result(PATIENCE_S)
    assert shape["x"].shape == (3, 2, 4, 4)


def test_a_computation_that_torch_refuses_is_refused_in_its_words(bench: Bench) -> None:
    one = LayerByTorch(x=((1.0,),), weight=(1.0,), bias=(0.0,), grad_y=((1.0,),))
    with pytest.raises(QueryError, match="Expected more than 1 value per channel"):
        bench.workers.compute(one).result(PATIENCE_S)


def test_a_computation_on_a_worker_that_is_killed_says_so(own: Bench) -> None:
    under_way = own.workers.compute(LAYER)  # the worker is still loading torch
    kill(own.workers)
    with pytest.raises(QueryError, match="was killed \\(signal 9\\)"):
        under_way.result(PATIENCE_S)
    own.workers.compute(LAYER).result(PATIENCE_S)  # the next one is in its place


def test_without_a_worker_a_computation_is_refused_with_the_reason() -> None:
    bench = make_bench(1, program=("/nowhere/python",))
    with pytest.raises(QueryError, match="No worker process could be started"):
        bench.workers.compute(LAYER).result(PATIENCE_S)
    bench.workers.close()
    with pytest.raises(QueryError):
        bench.workers.compute(LAYER).result(PATIENCE_S)


def test_workers_that_cannot_work_refuse_a_computation_with_their_own_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BNLAB_DEVICE", "abacus")
    bench = make_bench(1)
    first = bench.workers.compute(LAYER)
    with pytest.raises(QueryError, match=r"BNLAB_DEVICE must be .*got 'abacus'"):
        first.result(PATIENCE_S)
    with pytest.raises(QueryError, match=r"BNLAB_DEVICE must be .*got 'abacus'"):
        bench.workers.compute(LAYER).result(PATIENCE_S)
    bench.workers.close()


def test_a_server_that_stops_leaves_no_question_open() -> None:
    bench = make_bench(1)
    under_way = bench.workers.compute(LAYER)
    bench.workers.close()
    with pytest.raises(QueryError, match="The server was stopped"):
        under_way.result(PATIENCE_S)


def kill(workers: WorkerPool) -> None:
    """Kill the only worker and wait until another is in its place."""
    (pid,) = workers.pids()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: workers.pids() not in ((), (pid,)))
