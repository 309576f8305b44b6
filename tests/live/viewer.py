"""A viewer of a run that speaks the protocol, for tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.testclient import TestClient, WebSocketTestSession

from bnlab.lab.lab import Lab
from bnlab.live.access import COOKIE, run_token, signed_browser
from bnlab.results.frames import Array, unpack
from bnlab.spec.experiment import Experiment

SECRET = b"a secret of these tests"
OWNER, OTHER = "0" * 32, "1" * 32  # ids of two browsers
SAME_ORIGIN = {"origin": "http://testserver"}

Update = tuple[dict[str, Any], dict[str, Array]]


class Viewer:
    """One open stream, after its hello."""

    def __init__(self, session: WebSocketTestSession) -> None:
        self.session = session
        self.hello = self.text()

    def send(self, **message: Any) -> None:
        self.session.send_text(json.dumps(message))

    def text(self) -> dict[str, Any]:
        """The next text message; updates before it are acknowledged and left."""
        while True:
            received = self.session.receive()
            if "text" in received:
                return json.loads(received["text"])
            if received["type"] == "websocket.close":
                return {"kind": "closed", "code": received["code"]}
            self.send(ack=unpack(received["bytes"])[0]["n"])

    def binary(self) -> bytes:
        """The next update as it is, acknowledged."""
        while True:
            received = self.session.receive()
            if received.get("bytes"):
                self.send(ack=unpack(received["bytes"])[0]["n"])
                return bytes(received["bytes"])
            assert received["type"] != "websocket.close", received

    def update(self) -> Update:
        return unpack(self.binary())

    def until(self, holds: Callable[[dict[str, Any], dict[str, Array]], Any]) -> Update:
        """The first update for which this holds."""
        while True:
            meta, arrays = self.update()
            if holds(meta, arrays):
                return meta, arrays


class Viewers:
    """Starts runs and opens streams of them."""

    def __init__(self, lab: Lab, client: TestClient) -> None:
        self.lab = lab
        self.client = client

    def start(self, experiment: Experiment, *, pace: float = 0.0) -> str:
        return self.lab.start(experiment, owner=OWNER, pace=pace)

    @contextmanager
    def of(self, run: str, *, browser: str = OWNER) -> Iterator[Viewer]:
        token = run_token(run, secret=SECRET)
        cookie = {"cookie": f"{COOKIE}={signed_browser(browser, secret=SECRET)}"}
        with self.client.websocket_connect(
            f"/base/live/{run}?token={token}", headers={**SAME_ORIGIN, **cookie}
        ) as session:
            yield Viewer(session)
