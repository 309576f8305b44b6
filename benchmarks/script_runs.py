"""How long the runs of a page's script take, read from the messages that the browser gets."""

from __future__ import annotations

import base64
from typing import Any

from playwright.sync_api import Page
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

_BINARY = 2  # the opcode of a WebSocket frame


class ScriptRuns:
    """Listens to one page; times are Chromium's own, of when a message went and came."""

    def __init__(self, page: Page) -> None:
        self.took_ms: list[float] = []
        self._asked_s: float | None = None
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.webSocketFrameSent", self._sent)
        session.on("Network.webSocketFrameReceived", self._received)

    def _sent(self, event: dict[str, Any]) -> None:
        data = _payload(event)
        if data is not None and BackMsg.FromString(data).WhichOneof("type") == "rerun_script":
            self._asked_s = event["timestamp"]

    def _received(self, event: dict[str, Any]) -> None:
        data = _payload(event)
        if self._asked_s is None or data is None or len(data) > 200:
            return  # what says that a script has finished is short
        if ForwardMsg.FromString(data).WhichOneof("type") == "script_finished":
            self.took_ms.append(1000 * (event["timestamp"] - self._asked_s))
            self._asked_s = None


def _payload(event: dict[str, Any]) -> bytes | None:
    """The bytes of a frame of Streamlit's own socket; None for the live board's."""
    frame = event["response"]
    if frame["opcode"] != _BINARY:
        return None
    data = base64.b64decode(frame["payloadData"])
    return None if data.startswith(b"BNL1") else data
