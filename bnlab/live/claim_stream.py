"""The live stream of one test of a claim to one viewer."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.websockets import WebSocket

from bnlab.lab.claim_tests.log import ClaimLog
from bnlab.lab.claim_tests.record import ClaimRun
from bnlab.lab.claim_tests.runs import ClaimTests
from bnlab.lab.workers.protocol.commands import Stop, parse_command
from bnlab.live.claim_shown import ClaimView, opened, shown
from bnlab.live.messages import Ack, CommandDocument, read_message
from bnlab.live.packing import Packer
from bnlab.live.stream import Stream
from bnlab.results.frames import pack
from bnlab.spec.fields import Frozen, refusal


class ClaimUpdates(Packer[ClaimLog, ClaimView, None]):
    """Packs updates of claim runs."""

    def _pack(
        self, run_id: str, about: dict[str, Any], position: None, view: ClaimView
    ) -> tuple[bytes, None]:
        run = self.log.get(run_id)
        return pack({**about, "run": state(run), **shown(run, view)}, {}), position


class ClaimStream(Stream[ClaimView, None]):
    """One viewer of a claim run."""

    def __init__(self, socket: WebSocket, tests: ClaimTests, updates: ClaimUpdates) -> None:
        super().__init__(socket, tests.lab, updates, view=ClaimView(), position=None)
        self._tests = tests

    async def _next(self, version: int, position: None, view: ClaimView) -> tuple[bytes, None]:
        # Building the figures of a claim takes too long for the event loop of all viewers.
        return await asyncio.to_thread(
            self._updates.next, self._run_id, version, position, view=view
        )

    @property
    def _owner(self) -> str:
        return self._tests.get(self._run_id).owner

    def _hello(self) -> dict[str, Any]:
        run = self._tests.get(self._run_id)
        about = {"kind": "hello", "run": state(run), "can_command": self._can_command}
        return {**about, **opened(run)}

    async def _obey(self, text: str) -> None:
        message = read_message(Message, text)
        if message.ack is not None:
            self._drawn()
        elif message.look is not None:
            self._look(message.look.fits(self._tests.get(self._run_id)))
        else:
            command = parse_command(message.command)
            if not isinstance(command, Stop):
                raise refusal("command", f"{command.kind} for a claim", "stop")
            self._check_commands()
            self._tests.stop(self._run_id, reason=command.reason)


class Message(Frozen):
    """One message from a viewer; exactly one field is set."""

    ack: Ack = None  # the number of the update that was drawn
    look: ClaimView | None = None
    command: CommandDocument = None


def state(run: ClaimRun) -> dict[str, Any]:
    """The parts of a claim run's record that change, for a client."""
    return {
        "id": run.id,
        "state": run.state,
        "has_ended": run.has_ended,
        "reason": run.reason,
        "seconds": run.seconds,
        "machine": run.machine,
    }
