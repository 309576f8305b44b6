"""The live stream of one sweep to one viewer: its maps as they develop, and commands."""

from __future__ import annotations

from typing import Any

from starlette.websockets import WebSocket

from bnlab.lab.lab import Lab
from bnlab.lab.runs.log import UnknownRunError
from bnlab.live.messages import read_message
from bnlab.live.stream import Stream
from bnlab.live.sweep_hello import sweep_hello
from bnlab.live.sweep_updates import SweepUpdates
from bnlab.live.sweep_view import Message, SweepView


class SweepStream(Stream[SweepView, None]):
    """One viewer of a sweep."""

    def __init__(self, socket: WebSocket, lab: Lab, updates: SweepUpdates) -> None:
        super().__init__(socket, lab, updates, view=SweepView(), position=None)

    def _hello(self) -> dict[str, Any]:
        run = self._lab.log.get(self._run_id)
        if not run.experiment.axes:
            raise UnknownRunError(run.id)  # a race: it has no maps
        table = self._lab.log.table(run.id)
        return sweep_hello(run, table, can_command=self._can_command)

    async def _obey(self, text: str) -> None:
        message = read_message(Message, text)
        if message.ack is not None:
            self._drawn()
        elif message.look is not None:
            self._look(message.look.fits(self._lab.log.get(self._run_id).experiment))
        else:
            self._command(message.parsed_command())
