"""The live stream of a claim: what is measured, who may stop it, and the claim as a file."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

import pytest
from starlette.testclient import TestClient

from bnlab.claims.claim import Claim
from bnlab.export.web_pages import claim_page
from bnlab.lab.claim_tests import ClaimTests
from bnlab.live import claim_shown
from bnlab.live.access import COOKIE, run_token, signed_browser
from bnlab.live.stream import NOT_ALLOWED, RUN_GONE
from bnlab.spec.links import from_query
from tests.lab.tiny_claims import BOTH, ENDLESS, measured_study, tiny_claim, trained_study
from tests.live.viewer import OTHER, OWNER, SAME_ORIGIN, SECRET, Viewer

CLAIM = tiny_claim({"trained": trained_study(), "measured": measured_study()}, BOTH)
LONG = tiny_claim({"measured": measured_study(ENDLESS)}, BOTH[1:])


def start(claim_tests: ClaimTests, claim: Claim) -> str:
    return claim_tests.start(claim, owner=OWNER)


@pytest.fixture(scope="module")
def ended(claim_tests: ClaimTests) -> str:
    """A claim that has been put to the test."""
    run_id = start(claim_tests, CLAIM)
    version = -1
    while not (run := claim_tests.wait(run_id, version, timeout_s=30)).has_ended:
        version = run.version
    assert run.state == "completed"
    return run_id


@contextmanager
def viewer_of(
    client: TestClient, run: str, *, browser: str = OWNER, link: str = ""
) -> Iterator[Viewer]:
    token = link or run_token(run, secret=SECRET)
    cookie = {"cookie": f"{COOKIE}={signed_browser(browser, secret=SECRET)}"}
    with client.websocket_connect(
        f"/base/live/claim/{run}?token={token}", headers={**SAME_ORIGIN, **cookie}
    ) as session:
        yield Viewer(session)


def looking_at(viewer: Viewer, **view: Any) -> dict[str, Any]:
    """The update that answers a look; a lone viewer of a claim that has ended gets no other."""
    viewer.update()
    viewer.send(look=view)
    return viewer.update()[0]


def test_hello_says_what_stays_the_same(client: TestClient, ended: str) -> None:
    with viewer_of(client, ended) as viewer:
        hello = viewer.hello
    assert [(one["name"], one["is_trained"]) for one in hello["studies"]] == [
        ("trained", True),
        ("measured", False),
    ]
    assert hello["can_command"]


def test_an_update_says_how_far_it_is_and_draws_the_conditions(
    client: TestClient, ended: str
) -> None:
    with viewer_of(client, ended) as viewer:
        meta, _ = viewer.update()
    assert (meta["run"]["state"], meta["progress"]["share"]) == ("completed", 1)
    assert meta["problems"] == []
    assert len(meta["conditions"]) >= 1
    assert all(study["is_over"] for study in meta["studies"])
    assert json.loads(json.dumps(meta, allow_nan=False)) == meta


def test_a_study_that_is_looked_at_has_its_curves_and_the_way_to_its_sweep(
    client: TestClient, claim_tests: ClaimTests, ended: str
) -> None:
    with viewer_of(client, ended) as viewer:
        meta = looking_at(viewer, open=["trained"])
    trained, measured = meta["studies"]
    assert len(trained["figures"]) == 1
    assert measured["figures"] == []
    query = dict(parse_qsl(trained["links"]["sweep"]))
    assert query.pop("run") == claim_tests.get(ended).studies[0].run_id
    assert from_query(query) == CLAIM.studies["trained"].experiment


def test_a_claim_is_followed_to_its_end(client: TestClient, claim_tests: ClaimTests) -> None:
    with viewer_of(client, start(claim_tests, CLAIM)) as viewer:
        first, _ = viewer.update()
        last, _ = viewer.until(lambda meta, _: meta["run"]["has_ended"])
    assert first["run"]["state"] == "running"
    assert last["run"]["seconds"] > first["run"]["seconds"]
    assert last["run"]["machine"]


def test_only_its_owner_stops_it(client: TestClient, claim_tests: ClaimTests) -> None:
    run = start(claim_tests, LONG)
    with viewer_of(client, run, browser=OTHER) as watching:
        assert not watching.hello["can_command"]
        watching.send(command={"kind": "stop"})
        assert "Only the browser that started" in watching.text()["text"]
    assert not claim_tests.get(run).has_ended
    with viewer_of(client, run) as viewer:
        viewer.send(command={"kind": "stop"})
        meta, _ = viewer.until(lambda meta, _: meta["run"]["has_ended"])
    assert meta["run"]["state"] == "cancelled"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"command": {"kind": "pause"}}, "command must be stop (got pause for a claim)"),
        ({"look": {"open": ["nothing"]}}, "must be one of trained, measured"),
        ({"look": {"metric": "beauty"}}, "look.metric must be one of "),
        ({"ack": 1, "look": {}}, "exactly one of ack, look, command"),
        ({"dance": 1}, "dance is not a field (the fields are ack, look, command)."),
        ({}, "exactly one of ack, look, command"),
    ],
)
def test_a_message_that_is_none_is_refused_with_a_sentence(
    client: TestClient, ended: str, message: dict[str, Any], words: str
) -> None:
    with viewer_of(client, ended) as viewer:
        viewer.send(**message)
        assert words in viewer.text()["text"]


def test_who_has_no_link_sees_nothing(client: TestClient, ended: str) -> None:
    with viewer_of(client, ended, link="x") as viewer:
        assert viewer.hello["kind"] == "refused"
        assert viewer.text() == {"kind": "closed", "code": NOT_ALLOWED}
    url = f"/base/api/claim/{ended}/claim.json"
    assert client.get(url, params={"token": "x"}).status_code == 403


def test_a_claim_that_is_gone_is_said_to_be(client: TestClient) -> None:
    with viewer_of(client, "nowhere") as viewer:
        assert viewer.hello["kind"] == "gone"
        assert viewer.text() == {"kind": "closed", "code": RUN_GONE}
    token = {"token": run_token("nowhere", secret=SECRET)}
    assert client.get("/base/api/claim/nowhere/claim.json", params=token).status_code == 404


def test_a_claim_is_saved_with_all_its_numbers(
    client: TestClient, claim_tests: ClaimTests, ended: str
) -> None:
    token = {"token": run_token(ended, secret=SECRET)}
    text = client.get(f"/base/api/claim/{ended}/claim.json", params=token).text
    document = json.loads(text, parse_constant=pytest.fail)
    assert (document["claim"], document["name"], document["seeds"]) == (99, "tiny", 6)
    accuracy, one_more = document["conditions"]
    assert one_more["pairs"]["effects"] == [1.0] * 6
    assert (one_more["effect"], one_more["n"], one_more["verdict"]) == (1.0, 6, "supported")
    assert len(accuracy["pairs"]["first"]) == 6
    experiment = CLAIM.studies["trained"].experiment
    assert document["studies"][0]["experiment"] == experiment.model_dump(mode="json")


def test_a_claim_that_has_just_begun_is_saved_as_it_is(
    client: TestClient, claim_tests: ClaimTests
) -> None:
    run = start(claim_tests, LONG)
    token = {"token": run_token(run, secret=SECRET)}
    document = client.get(f"/base/api/claim/{run}/claim.json", params=token).json()
    assert (document["state"], document["headline"]) == ("running", None)
    claim_tests.stop(run)


def test_figures_are_built_beside_the_event_loop_of_all_viewers(
    client: TestClient, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []

    def noted(*arguments: Any) -> dict[str, Any]:
        names.append(threading.current_thread().name)
        return claim_shown.shown(*arguments)

    monkeypatch.setattr("bnlab.live.claim_stream.shown", noted)
    with viewer_of(client, ended) as viewer:
        looking_at(viewer, open=["trained"], metric="test_accuracy")
    loop_thread = client.portal.call(threading.current_thread) if client.portal else None
    assert loop_thread is not None
    assert names and loop_thread.name not in names


def test_the_report_of_a_claim_is_served_as_a_file(
    client: TestClient, claim_tests: ClaimTests, ended: str
) -> None:
    path = f"/base/api/claim/{ended}/report.html"
    answer = client.get(path, params={"token": run_token(ended, secret=SECRET)})
    assert answer.status_code == 200
    assert answer.text == claim_page([claim_tests.wait(ended, -1, timeout_s=30)])
    assert answer.headers["content-disposition"].startswith("attachment")
    assert client.get(path).status_code == 403
