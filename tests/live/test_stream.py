"""The stream of a run over a real socket route: who gets in, what is obeyed, what is refused."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from bnlab.lab.lab import Lab
from bnlab.live.access import run_token
from bnlab.live.stream import ABUSE, MAX_MESSAGE_BYTES, NOT_ALLOWED, RUN_GONE, TOO_BIG
from tests.lab.workers.builders import tiny_race, wait_for_end
from tests.live.viewer import OTHER, SAME_ORIGIN, SECRET, Viewers

LONG = tiny_race(steps=100_000)


def test_a_run_is_streamed_to_its_end_with_every_loss(viewers: Viewers) -> None:
    run = viewers.start(tiny_race(steps=60), pace=400)
    steps: list[int] = []
    with viewers.of(run) as viewer:
        assert viewer.hello["kind"] == "hello" and viewer.hello["can_command"]
        assert [variant["name"] for variant in viewer.hello["variants"]] == ["none", "batch"]
        viewer.send(panels={"quantity": "activation", "pictures": True})
        while True:
            meta, arrays = viewer.update()
            new = list(arrays["curves/loss_steps"])
            steps = new if meta["is_whole"] else steps + new
            if meta["run"]["has_ended"]:
                break
    assert steps == list(range(1, 61))
    assert meta["run"]["state"] == "completed" and meta["step"] == 60
    assert meta["outcome"]["question"]
    assert {"layers/counts", "decision", "gradient_norm"} <= arrays.keys()


def test_the_next_update_waits_for_the_acknowledgement(viewers: Viewers, lab: Lab) -> None:
    run = viewers.start(tiny_race(steps=200), pace=2000)
    with viewers.of(run) as viewer:
        first = viewer.session.receive()  # not acknowledged
        assert first.get("bytes")
        wait_for_end(lab.log, run)
        viewer.send(ack=0)
        meta, arrays = viewer.update()
        # Not the many frames that were made meanwhile: the newest state, and all that lacked.
        assert meta["run"]["has_ended"] and meta["step"] == 200
        assert arrays["curves/loss_steps"][-1] == 200


def test_the_owner_pauses_steps_and_stops(viewers: Viewers) -> None:
    run = viewers.start(LONG, pace=50)
    with viewers.of(run) as viewer:
        viewer.send(command={"kind": "pause"})
        meta, _ = viewer.until(lambda meta, _: meta["run"]["state"] == "paused")
        step = meta["run"]["step"]
        viewer.send(command={"kind": "step", "n": 3})
        viewer.until(lambda meta, _: meta["run"]["step"] == step + 3)
        viewer.send(command={"kind": "set_lr", "lr": 0.5})
        meta, _ = viewer.until(lambda meta, _: meta["run"]["interventions"])
        assert meta["run"]["interventions"] == [{"step": step + 3, "lr": 0.5}]
        viewer.send(command={"kind": "stop"})
        meta, _ = viewer.until(lambda meta, _: meta["run"]["has_ended"])
        assert meta["run"]["state"] == "cancelled"


def test_another_browser_watches_but_commands_nothing(viewers: Viewers, lab: Lab) -> None:
    run = viewers.start(LONG, pace=50)
    with viewers.of(run, browser=OTHER) as viewer:
        assert not viewer.hello["can_command"]
        viewer.send(command={"kind": "stop"})
        assert "Only the browser that started this run" in viewer.text()["text"]
        viewer.until(lambda meta, _: meta["run"]["step"] > 0)
        assert not lab.log.get(run).has_ended
        viewer.send(restart={})
        own = viewer.text()
        assert own["kind"] == "restarted" and own["run"] != run
        assert lab.log.get(own["run"]).owner == OTHER
        assert not lab.log.get(run).has_ended
        lab.restart(run, keep_interventions=False)


def test_a_restart_by_the_owner_takes_the_place_of_the_run(viewers: Viewers, lab: Lab) -> None:
    run = viewers.start(LONG, pace=50)
    with viewers.of(run) as viewer:
        viewer.send(restart={"keep_interventions": False})
        again = viewer.text()
    assert lab.log.get(again["run"]).experiment == LONG
    assert wait_for_end(lab.log, run).state == "cancelled"
    with viewers.of(again["run"]) as viewer:
        viewer.send(command={"kind": "stop"})
        viewer.until(lambda meta, _: meta["run"]["has_ended"])


@pytest.mark.parametrize("origin", [{}, {"origin": "http://evil.example"}, {"origin": "null"}])
def test_a_foreign_origin_is_turned_away_at_the_door(
    viewers: Viewers, client: TestClient, origin: dict[str, str]
) -> None:
    run = viewers.start(tiny_race(steps=1))
    token = run_token(run, secret=SECRET)
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(f"/base/live/{run}?token={token}", headers=origin),
    ):
        pytest.fail("It was let in.")


@pytest.mark.parametrize(
    ("run", "token", "code"),
    [
        ("unknown", run_token("unknown", secret=SECRET), RUN_GONE),
        ("unknown", "", NOT_ALLOWED),
        ("unknown", run_token("another", secret=SECRET), NOT_ALLOWED),
    ],
)
def test_a_run_that_is_gone_and_a_forged_token_are_told_apart(
    client: TestClient, run: str, token: str, code: int
) -> None:
    address = f"/base/live/{run}?token={token}"
    with client.websocket_connect(address, headers=SAME_ORIGIN) as session:
        assert session.receive_json()["text"].endswith(".")
        with pytest.raises(WebSocketDisconnect) as closed:
            session.receive_json()
    assert closed.value.code == code


@pytest.mark.parametrize(
    "text", ["", "no json", "[]", '{"seek": {"step": -1}}', '{"command": {"kind": "fly"}}', "{}"]
)
def test_a_bad_message_gets_one_sentence_and_the_stream_lives_on(
    viewers: Viewers, text: str
) -> None:
    run = viewers.start(LONG, pace=50)
    with viewers.of(run) as viewer:
        viewer.session.send_text(text)
        error = viewer.text()
        assert error["kind"] == "error" and error["text"].endswith(".")
        viewer.send(command={"kind": "stop"})
        viewer.until(lambda meta, _: meta["run"]["has_ended"])


def test_too_large_a_message_closes_the_stream(viewers: Viewers) -> None:
    run = viewers.start(tiny_race(steps=1))
    with viewers.of(run) as viewer:
        viewer.session.send_text(json.dumps({"x": "y" * MAX_MESSAGE_BYTES}))
        assert viewer.text()["kind"] == "error"
        assert viewer.text() == {"kind": "closed", "code": TOO_BIG}


def test_a_flood_of_messages_closes_the_stream(viewers: Viewers) -> None:
    run = viewers.start(tiny_race(steps=1))
    with viewers.of(run) as viewer:
        for _ in range(400):
            viewer.session.send_text('{"ack": 0}')
        assert "Too many" in viewer.text()["text"]
        assert viewer.text() == {"kind": "closed", "code": ABUSE}


def test_a_command_to_a_run_that_has_ended_gets_a_sentence(viewers: Viewers, lab: Lab) -> None:
    run = viewers.start(tiny_race(steps=1))
    wait_for_end(lab.log, run)
    with viewers.of(run) as viewer:
        viewer.send(command={"kind": "pause"})
        assert "ended" in viewer.text()["text"]
