"""The live stream of one run to one viewer: what races and sweeps have in common.

One update is on its way at a time: the next is packed, from the newest state, when the viewer has
drawn the last one. So a slow viewer gets fewer updates, never a queue of old ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import time
from abc import ABC, abstractmethod
from concurrent.futures import Future
from typing import Any, Generic

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bnlab.lab.lab import Lab
from bnlab.lab.runs.log import UnknownRunError
from bnlab.lab.workers.protocol.commands import Command, RunEndedError
from bnlab.live.access import browser_of, is_same_origin, may_look
from bnlab.live.packing import P, Packer, V
from bnlab.spec.fields import SpecError

_log = logging.getLogger(__name__)

# Reasons to close a socket, as the client knows them (4000–4999 are free for applications).
TOO_BIG, ABUSE = 1009, 1008
NOT_ALLOWED, RUN_GONE = 4403, 4404

MAX_MESSAGE_BYTES = 4096
_MESSAGES_PER_S = 60.0
_MESSAGES_AT_ONCE = 120.0
_BAD_MESSAGES = 20
_NO_VERSION = -1


class Stream(ABC, Generic[V, P]):
    """One viewer's socket, from hello to goodbye.

    Args:
        socket: not yet accepted.
        lab: of this process.
        updates: packs updates for all viewers of this kind of run.
        view: what a viewer has on screen at first.
        position: what it has received at first: nothing.
    """

    def __init__(
        self, socket: WebSocket, lab: Lab, updates: Packer[Any, V, P], *, view: V, position: P
    ) -> None:
        self._socket = socket
        self._lab = lab
        self._updates = updates
        self._run_id: str = socket.path_params["run_id"]
        self._viewer = secrets.token_hex(8)
        self._browser = browser_of(socket.cookies, secret=lab.secret)
        self._view = view
        self._position = position
        self._version = _NO_VERSION  # the newest known version of the run
        self._news = asyncio.Event()  # the run changed, or the view, or the last update was drawn
        self._is_drawn = True
        self._budget = _Budget()

    async def serve(self) -> None:
        """Check who is connecting, then stream until either side leaves."""
        if not is_same_origin(self._socket.headers):
            await self._socket.close(ABUSE)  # before accept: the handshake is answered 403
            return
        await self._socket.accept()
        token = self._socket.query_params.get("token", "")
        if not may_look(self._run_id, token, secret=self._lab.secret):
            await self._refuse(NOT_ALLOWED, "This link does not give the right to watch the run.")
            return
        try:
            async with anyio.create_task_group() as tasks:
                await self._send(self._hello())
                tasks.start_soon(self._follow)
                tasks.start_soon(self._write)
                await self._read()
                tasks.cancel_scope.cancel()
        except* UnknownRunError as gone:
            await self._refuse(RUN_GONE, str(gone.exceptions[0]))
        except* WebSocketDisconnect:
            _log.debug("a viewer closed its socket")
        finally:
            self._leave()

    @abstractmethod
    def _hello(self) -> dict[str, Any]:
        """Everything that stays the same throughout the run; raises UnknownRunError."""

    @abstractmethod
    async def _obey(self, text: str) -> None:
        """Do what a message asks for; raises SpecError or RunEndedError when it cannot be done."""

    def _leave(self) -> None:
        """The viewer has left or was disconnected."""
        _log.debug("a viewer left")

    @property
    def _owner(self) -> str:
        """The browser that may command the run; raises UnknownRunError."""
        return self._lab.log.get(self._run_id).owner

    @property
    def _can_command(self) -> bool:
        return self._browser is not None and self._owner == self._browser

    # --- to the viewer ---------------------------------------------------------------------------

    async def _write(self) -> None:
        position, view, version = self._position, self._view, _NO_VERSION
        while True:
            self._news.clear()
            if not self._is_drawn or (self._version == version and view == self._view):
                await self._news.wait()
                continue
            version, view = self._version, self._view
            data, position = await self._next(version, position, view)
            self._is_drawn = False
            self._check_open()
            await self._socket.send_bytes(data)

    async def _follow(self) -> None:
        while True:
            self._version = await self._updates.log.wait_for(self._run_id, self._version)
            self._news.set()

    async def _next(self, version: int, position: P, view: V) -> tuple[bytes, P]:
        return self._updates.next(self._run_id, version, position, view=view)

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
                await self._complain(f"A message must be at most {MAX_MESSAGE_BYTES} bytes.")
                await self._socket.close(TOO_BIG)
                return
            if not self._budget.allows():
                await self._complain("Too many messages; the connection is closed.")
                await self._socket.close(ABUSE)
                return
            try:
                await self._obey(data)
            except (SpecError, RunEndedError) as error:
                bad += 1
                await self._complain(str(error))
                if bad >= _BAD_MESSAGES:
                    await self._socket.close(ABUSE)
                    return

    def _look(self, view: V) -> None:
        """The viewer now has this on screen."""
        self._view = view
        self._news.set()

    def _drawn(self) -> None:
        """The viewer has drawn the last update."""
        self._is_drawn = True
        self._news.set()

    def _command(self, command: Command) -> None:
        """Command the run, if this viewer may; raises SpecError, RunEndedError."""
        self._check_commands()
        self._lab.command(self._run_id, command).add_done_callback(_note_failure)

    def _check_commands(self) -> None:
        if not self._can_command:
            raise SpecError("Only the browser that started this run can command it.")


def _note_failure(done: Future[int]) -> None:
    """The run ended before it could obey; the viewer learns of the ending anyway."""
    if not done.cancelled() and (error := done.exception()) is not None:
        _log.info("a command was not obeyed: %s", error)


class _Budget:
    """How many messages a viewer may send: a steady rate, and a burst."""

    def __init__(self) -> None:
        self._left = _MESSAGES_AT_ONCE
        self._at_s = time.monotonic()

    def allows(self) -> bool:
        now = time.monotonic()
        self._left = min(_MESSAGES_AT_ONCE, self._left + (now - self._at_s) * _MESSAGES_PER_S)
        self._at_s = now
        self._left -= 1
        return self._left >= 0
