"""Measurements are advanced in turns on a worker, beside the runs it trains."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Future

import pytest

from bnlab.lab.workers.protocol.measure import MAX_MEASURED, Measure
from bnlab.lab.workers.protocol.queries import LostError, QueryError, parse_computation
from bnlab.results.frames import Array
from bnlab.spec.member import MemberSpec, parse
from tests.lab.workers.builders import PATIENCE_S, tiny_race, wait_for_workers, wait_until
from tests.lab.workers.conftest import Bench, make_bench

SPECS = tuple(spec.replace({"steps": 1000}) for spec in tiny_race().specs().values())
LONG = Measure(name="step_seconds", specs=SPECS, settings={"rounds": 100_000, "steps": 5})


def test_the_answer_has_what_was_measured_and_what_it_took(bench: Bench) -> None:
    request = Measure(name="step_seconds", specs=SPECS, settings={"rounds": 2, "steps": 3})
    answer = bench.workers.compute(request).result(PATIENCE_S)
    assert answer["seconds"].shape == (2,)
    assert answer["worker_seconds"] > 0


def test_a_race_goes_on_while_something_is_measured(bench: Bench) -> None:
    future = bench.workers.compute(LONG)
    run_id = bench.start(tiny_race(steps=100_000))
    wait_until(lambda: bench.log.get(run_id).step > 50)
    assert not future.done()
    bench.workers.give_up(future)


def test_what_nobody_wants_any_more_fails_and_the_worker_drops_it(bench: Bench) -> None:
    future = bench.workers.compute(LONG)
    bench.workers.give_up(future)
    assert isinstance(future.exception(PATIENCE_S), QueryError)
    bench.workers.give_up(future)  # twice is no harm
    request = Measure(name="step_seconds", specs=SPECS, settings={"rounds": 1, "steps": 1})
    assert bench.workers.compute(request).result(PATIENCE_S)


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("nothing", {}, "measurement must be one of"),
        ("step_seconds", {"size": 3}, "unexpected keyword argument 'size'"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_a_sentence(
    bench: Bench, name: str, settings: dict[str, int], words: str
) -> None:
    failed = bench.workers.compute(Measure(name=name, specs=SPECS, settings=settings))
    assert words in str(failed.exception(PATIENCE_S))


def test_a_measurement_has_a_number_of_networks_and_plain_settings() -> None:
    document = {"kind": "measure", "name": "x", "settings": {"sizes": [2, 8.5], "word": "a"}}
    specs = [MemberSpec().model_dump(mode="json")]
    request = parse_computation({**document, "specs": specs})
    assert isinstance(request, Measure)
    assert request.settings == {"sizes": (2, 8.5), "word": "a"}
    for count in (0, MAX_MEASURED + 1):
        with pytest.raises(ValueError, match="must be 1 to 500 networks"):
            parse(Measure, {**document, "specs": specs * count})


def test_a_worker_that_dies_measuring_is_replaced_and_the_loss_is_told() -> None:
    made = make_bench(2)
    wait_for_workers(made.workers, 2)
    futures = [made.workers.compute(LONG) for _ in range(2)]  # one on each
    pid = made.workers.pids()[0]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: any(future.done() for future in futures))
    assert [lost(future) for future in futures].count(True) == 1
    wait_until(lambda: len(made.workers.pids()) == 2 and pid not in made.workers.pids())
    made.workers.close()


def lost(future: Future[dict[str, Array]]) -> bool:
    return future.done() and isinstance(future.exception(), LostError)
