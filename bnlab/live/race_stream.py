"""The live stream of one race to one viewer: frames, curves, commands, restarts."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from starlette.websockets import WebSocket

from bnlab.lab.lab import Lab
from bnlab.lab.runs.log import UnknownRunError
from bnlab.live.access import run_token
from bnlab.live.hello import hello
from bnlab.live.messages import read_message
from bnlab.live.stream import Stream
from bnlab.live.updates import Position, Updates
from bnlab.live.view import Message, View
from bnlab.spec.fields import SpecError


class RaceStream(Stream[View, Position]):
    """One viewer of a race."""

    def __init__(self, socket: WebSocket, lab: Lab, updates: Updates) -> None:
        super().__init__(socket, lab, updates, view=View(), position=Position())

    def _hello(self) -> dict[str, Any]:
        run = self._lab.log.get(self._run_id)
        if run.experiment.axes:
            raise UnknownRunError(run.id)  # a sweep: it has no frames
        return hello(run, can_command=self._can_command)

    def _leave(self) -> None:
        with contextlib.suppress(UnknownRunError):
            self._lab.watch(self._run_id, self._viewer, None)

    async def _obey(self, text: str) -> None:
        message = read_message(Message, text)
        if message.ack is not None:
            self._drawn()
        self._look(message.changed(self._view))
        if message.panels is not None or message.history is not None:
            self._lab.watch(self._run_id, self._viewer, self._view.watch)
        if message.restart is not None:
            await self._restart(keep_interventions=message.restart.keep_interventions)
        command = message.parsed_command()
        if command is not None:
            self._command(command)

    async def _restart(self, *, keep_interventions: bool) -> None:
        """Start the run again; one who only watches gets a run of their own, the other goes on."""
        if self._browser is None:
            raise SpecError("This browser keeps no cookies, so it cannot own a run.")
        new = await asyncio.to_thread(
            self._lab.restart,
            self._run_id,
            keep_interventions=keep_interventions,
            owner=self._browser,
        )
        await self._send(
            {"kind": "restarted", "run": new, "token": run_token(new, secret=self._lab.secret)}
        )
