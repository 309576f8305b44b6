"""One unit of a run over the route that the microscope polls."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from bnlab.lab.lab import Lab
from bnlab.lab.workers.protocol.commands import Stop
from bnlab.lab.workers.protocol.queries import QueryError, Unit
from bnlab.live import units
from bnlab.live.access import run_token
from bnlab.results.frames import unpack
from tests.lab.workers.builders import PATIENCE_S, tiny_race, wait_for_end, wait_for_step
from tests.live.viewer import SECRET

ENDLESS = 100_000
FIRST = {"variant": "batch", "layer": "1", "unit": "3"}


@pytest.fixture(scope="module")
def ended(lab: Lab) -> str:
    """A run of 5 steps that is over."""
    run = lab.start(tiny_race(steps=5), owner="someone")
    wait_for_end(lab.log, run)
    return run


def get(client: TestClient, run: str, **query: str):  # type: ignore[no-untyped-def]
    query.setdefault("token", run_token(run, secret=SECRET))
    return client.get(f"/base/api/run/{run}/unit", params={**FIRST, **query})


def test_the_route_gives_what_the_worker_answers(client: TestClient, lab: Lab, ended: str) -> None:
    answer = get(client, ended)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == "no-store"
    meta, arrays = unpack(answer.content)
    assert meta == {"step": 5, "steps": 5, "state": "completed"}
    expected = lab.ask(ended, Unit(variant="batch", layer=1, unit=3)).result(PATIENCE_S)
    assert arrays.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(arrays[name], values)


def test_a_run_under_way_is_seen_at_its_step(client: TestClient, lab: Lab) -> None:
    run = lab.start(tiny_race(steps=ENDLESS), owner="someone", pace=100.0)
    wait_for_step(lab.log, run, 3)
    steps = [unpack(get(client, run).content)[0]["step"] for _ in range(5)]
    assert steps == sorted(steps) and steps[0] >= 3
    lab.command(run, Stop()).result(PATIENCE_S)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"variant": "<b>"}, "variant must be one of none, batch (got '<b>')."),
        ({"layer": "2"}, "layer must be 0 to 1 (got 2)."),
        ({"layer": "99"}, "layer must be a whole number from 0 to 63 (got '99')."),
        ({"layer": "-1"}, "layer must be a whole number from 0 to 63 (got '-1')."),
        ({"layer": ""}, "layer must be a whole number from 0 to 63 (got '')."),
        ({"unit": "1e3"}, "unit must be a whole number from 0 to 1023 (got '1e3')."),
        ({"unit": "9" * 5000}, "must be a whole number from 0 to 1023 (got '999"),
        ({"unit": "8"}, "unit must be 0 to 7 (got 8)."),
    ],
)
def test_what_names_no_unit_is_refused_with_a_sentence(
    client: TestClient, ended: str, query: dict[str, str], words: str
) -> None:
    answer = get(client, ended, **query)
    assert answer.status_code == 409
    assert words in answer.json()["text"]


def test_a_unit_needs_the_runs_token_and_the_run(client: TestClient, ended: str) -> None:
    of_another = run_token("another", secret=SECRET)
    assert get(client, ended, token=of_another).status_code == 403
    assert get(client, "gone").status_code == 404


def test_a_run_whose_networks_are_gone_says_so(client: TestClient, lab: Lab, ended: str) -> None:
    for _ in range(20):
        wait_for_end(lab.log, lab.start(tiny_race(steps=1), owner="someone"))
    answer = get(client, ended)
    assert answer.status_code == 409
    assert "no longer kept for questions" in answer.json()["text"]


class Silent:
    """A lab whose worker never answers."""

    def __init__(self) -> None:
        self.asked: list[Future[Any]] = []

    def ask(self, run_id: str, query: Unit) -> Future[Any]:
        self.asked.append(Future())
        self.asked[-1].set_running_or_notify_cancel()
        return self.asked[-1]


def test_a_worker_that_does_not_answer_ends_in_a_sentence(
    lab: Lab, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "PATIENCE_S", 0.01)
    silent = Silent()
    served = units.Units(silent)  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(QueryError, match="has not answered for"):
            asyncio.run(served.see(lab.log.get(ended), FIRST))
    (asked,) = silent.asked  # who looks at the same unit shares the question
    asked.set_exception(QueryError("Late."))  # is no error for anybody


def test_the_number_of_questions_at_once_is_bounded(
    lab: Lab, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "PATIENCE_S", 0.01)
    monkeypatch.setattr(units, "MOST_UNDER_WAY", 2)
    served = units.Units(Silent())  # type: ignore[arg-type]
    for unit, words in (("0", "not answered"), ("1", "not answered"), ("2", "Too many units")):
        with pytest.raises(QueryError, match=words):
            asyncio.run(served.see(lab.log.get(ended), {**FIRST, "unit": unit}))
