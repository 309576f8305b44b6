"""The live stream of one claim that is put to the test to one viewer."""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import Any

from starlette.websockets import WebSocket

from bnlab.lab.claim_tests.log import ClaimLog
from bnlab.lab.claim_tests.record import ClaimRun
from bnlab.lab.lab import Lab
from bnlab.lab.workers.protocol.commands import Stop, parse_command
from bnlab.live.changes import Feed, Feeds
from bnlab.live.claim_shown import ClaimView, opened, shown
from bnlab.live.messages import read_one
from bnlab.live.stream import Stream
from bnlab.results.frames import pack
from bnlab.spec.fields import refusal
from bnlab.spec.member import Frozen

_log = logging.getLogger(__name__)

_KEPT_MESSAGES = 32


class ClaimUpdates:
    """Packs updates of claim runs, for any number of viewers. For use in one event loop."""

    def __init__(self, log: ClaimLog) -> None:
        self._log = log
        self._messages: OrderedDict[Any, bytes] = OrderedDict()

    def next(
        self, run_id: str, feed: Feed, position: None, *, view: ClaimView
    ) -> tuple[bytes, None]:
        """The newest state of a claim run, as a view shows it.

        Raises:
            UnknownRunError: it is gone.
        """
        key = (run_id, feed.version, view)
        if key not in self._messages:
            run = self._log.get(run_id)
            about = {"kind": "update", "n": feed.version, "changed_s": feed.changed_s}
            self._messages[key] = pack({**about, "run": state(run), **shown(run, view)}, {})
            if len(self._messages) > _KEPT_MESSAGES:
                self._messages.popitem(last=False)
        return self._messages[key], position


class ClaimStream(Stream[ClaimView, None]):
    """One viewer of a claim run."""

    def __init__(self, socket: WebSocket, lab: Lab, *, updates: ClaimUpdates, feeds: Feeds) -> None:
        super().__init__(socket, lab, updates=updates, feeds=feeds, view=ClaimView(), position=None)

    @property
    def _owner(self) -> str:
        return self._lab.claims.get(self._run_id).owner

    def _hello(self) -> dict[str, Any]:
        run = self._lab.claims.get(self._run_id)
        about = {"kind": "hello", "run": state(run), "can_command": self._can_command}
        return {**about, **opened(run)}

    def _leave(self) -> None:
        _log.debug("a viewer of a claim left")

    async def _obey(self, text: str) -> None:
        message = read_one(_Message, text, "ack, look or command")
        if message.ack is not None:
            self._drawn()
        elif message.look is not None:
            self._look(message.look.fits(self._lab.claims.get(self._run_id)))
        else:
            command = parse_command(message.command)
            if not isinstance(command, Stop):
                raise refusal("command", f"{command.kind} for a claim", "stop")
            self._check_commands()
            self._lab.claims.stop(self._run_id, reason=command.reason)


class _Message(Frozen):
    ack: int | None = None  # the viewer has drawn the update of this number
    look: ClaimView | None = None
    command: dict[str, Any] | None = None


def state(run: ClaimRun) -> dict[str, Any]:
    """What changes in the record of a claim run, for a client."""
    return {
        "id": run.id,
        "state": run.state,
        "has_ended": run.has_ended,
        "reason": run.reason,
        "seconds": run.seconds,
        "machine": run.machine,
    }
