"""The live stream of one run to one viewer.

One update is on its way at a time: the next is packed, from the newest state, when the viewer has
drawn the last. So a slow viewer gets fewer updates, never a queue of old ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import time
from concurrent.futures import Future
from typing import Any

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bnlab.fields import SpecError
from bnlab.lab import Lab
from bnlab.live.access import browser_of, is_same_origin, may_look, run_token
from bnlab.live.feed import Feeds
from bnlab.live.hello import hello
from bnlab.live.updates import Position, Updates
from bnlab.live.view import MAX_MESSAGE_BYTES, ClientMessage, View, read_message
from bnlab.runs.log import UnknownRunError
from bnlab.workers.commands import RunEndedError

_log = logging.getLogger(__name__)

# Reasons to close a socket, as the client knows them (4000–4999 are free for applications).
TOO_BIG, ABUSE = 1009, 1008
NOT_ALLOWED, RUN_GONE = 4403, 4404

_MESSAGES_PER_S = 60.0
_MESSAGES_AT_ONCE = 120.0
_BAD_MESSAGES = 20


class Stream:
    """One viewer's socket, from hello to goodbye."""

    def __init__(self, socket: WebSocket, lab: Lab, *, updates: Updates, feeds: Feeds) -> None:
        self._socket = socket
        self._lab = lab
        self._updates = updates
        self._feeds = feeds
        self._run_id: str = socket.path_params["run_id"]
        self._viewer = secrets.token_hex(8)
        self._browser = browser_of(socket.cookies, secret=lab.secret)
        self._view = View()
        self._news = asyncio.Event()  # the run changed, or what the viewer wants, or can take
        self._is_drawn = True
        self._budget = _Budget()

    async def serve(self) -> None:
        """Check who is there, then stream until either side leaves."""
        if not is_same_origin(self._socket.headers):
            await self._socket.close(ABUSE)  # before accept: the handshake is answered 403
            return
        await self._socket.accept()
        token = self._socket.query_params.get("token", "")
        if not may_look(self._run_id, token, secret=self._lab.secret):
            await self._refuse(NOT_ALLOWED, "This link does not give the right to look at the run.")
            return
        try:
            async with anyio.create_task_group() as tasks:
                run = self._lab.log.get(self._run_id)
                await self._send(hello(run, can_command=self._can_command))
                tasks.start_soon(self._write)
                await self._read()
                tasks.cancel_scope.cancel()
        except* UnknownRunError as gone:
            await self._refuse(RUN_GONE, str(gone.exceptions[0]))
        except* WebSocketDisconnect:
            _log.debug("a viewer left")
        finally:
            with contextlib.suppress(UnknownRunError):
                self._lab.watch(self._run_id, self._viewer, None)

    @property
    def _can_command(self) -> bool:
        return self._browser is not None and (
            self._lab.log.get(self._run_id).owner == self._browser
        )

    # --- to the viewer ---------------------------------------------------------------------------

    async def _write(self) -> None:
        position, view, version = Position(), self._view, -1
        with self._feeds.of(self._run_id, self._news.set) as feed:
            while True:
                self._news.clear()
                if not self._is_drawn or (feed.version == version and view == self._view):
                    await self._news.wait()
                    continue
                version, view = feed.version, self._view
                data, position = self._updates.next(self._run_id, feed, position, view=view)
                self._is_drawn = False
                self._check_open()
                await self._socket.send_bytes(data)

    async def _send(self, document: dict[str, Any]) -> None:
        self._check_open()
        await self._socket.send_text(json.dumps(document))

    def _check_open(self) -> None:
        states = {self._socket.client_state, self._socket.application_state}
        if states != {WebSocketState.CONNECTED}:
            raise WebSocketDisconnect

    async def _refuse(self, code: int, text: str) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            await self._send({"kind": "gone" if code == RUN_GONE else "refused", "text": text})
            await self._socket.close(code)

    async def _complain(self, text: str) -> None:
        await self._send({"kind": "error", "text": text})

    # --- from the viewer -------------------------------------------------------------------------

    async def _read(self) -> None:
        bad = 0
        while True:
            received = await self._socket.receive()
            if received["type"] == "websocket.disconnect":
                return
            data = received.get("text") or (received.get("bytes") or b"").decode("utf-8", "replace")
            if len(data) > MAX_MESSAGE_BYTES:
                await self._complain(f"message: allowed are {MAX_MESSAGE_BYTES} bytes.")
                await self._socket.close(TOO_BIG)
                return
            if not self._budget.allows():
                await self._complain("Too many messages; the connection is closed.")
                await self._socket.close(ABUSE)
                return
            try:
                await self._obey(read_message(data))
            except (SpecError, RunEndedError) as error:
                bad += 1
                await self._complain(str(error))
                if bad >= _BAD_MESSAGES:
                    await self._socket.close(ABUSE)
                    return

    async def _obey(self, message: ClientMessage) -> None:
        if message.ack is not None:
            self._is_drawn = True
        self._view = message.changed(self._view)
        if message.panels is not None or message.history is not None:
            self._lab.watch(self._run_id, self._viewer, self._view.watch)
        self._news.set()
        if message.restart is not None:
            await self._restart(keep_interventions=message.restart.keep_interventions)
        command = message.parsed_command()
        if command is not None:
            if not self._can_command:
                raise SpecError("Only the browser that started this run commands it.")
            self._lab.command(self._run_id, command).add_done_callback(_note_failure)

    async def _restart(self, *, keep_interventions: bool) -> None:
        """Start the run again; who only watches gets a run of its own, and the other goes on."""
        if self._browser is None:
            raise SpecError("This browser keeps no cookies, so no run can be its own.")
        if self._can_command:
            new = await asyncio.to_thread(
                self._lab.restart, self._run_id, keep_interventions=keep_interventions
            )
        else:
            run = self._lab.log.get(self._run_id)
            new = await asyncio.to_thread(
                self._lab.start,
                run.experiment,
                owner=self._browser,
                pace=run.pace,
                interventions=run.interventions if keep_interventions else (),
            )
        await self._send(
            {"kind": "restarted", "run": new, "token": run_token(new, secret=self._lab.secret)}
        )


def _note_failure(done: Future[int]) -> None:
    """The run ended before it could obey; the viewer is told of the ending anyway."""
    if not done.cancelled() and (error := done.exception()) is not None:
        _log.info("a command was not obeyed: %s", error)


class _Budget:
    """Messages a viewer may send: so many a second, and some at once."""

    def __init__(self) -> None:
        self._left = _MESSAGES_AT_ONCE
        self._at_s = time.monotonic()

    def allows(self) -> bool:
        now = time.monotonic()
        self._left = min(_MESSAGES_AT_ONCE, self._left + (now - self._at_s) * _MESSAGES_PER_S)
        self._at_s = now
        self._left -= 1
        return self._left >= 0
