"""What was sent to workers and is not yet answered."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from bnlab.lab.runs.log import Run, RunLog
from bnlab.lab.workers.protocol.commands import (
    ChangeCommand,
    Command,
    Pace,
    RunEndedError,
    change_of,
)
from bnlab.lab.workers.protocol.queries import QueryError
from bnlab.lab.workers.server.slot import Slot
from bnlab.results.frames import unpack


@dataclass(frozen=True)
class Sent:
    """One command, question or computation under way."""

    message: dict[str, Any]  # with its id
    future: Future[Any]
    run_id: str | None  # None: a computation, which needs no run
    command: Command | None  # None: a question or a computation
    place: Slot | None  # where a computation was sent: it is lost with its worker

    @property
    def is_command(self) -> bool:
        return self.command is not None


class Unanswered:
    """Everything under way, by number; its user holds the lock."""

    def __init__(self) -> None:
        self._ids = itertools.count()
        self._sent: dict[int, Sent] = {}

    def add(
        self,
        message: dict[str, Any],
        *,
        run_id: str | None = None,
        command: Command | None = None,
        place: Slot | None = None,
    ) -> Sent:
        """Number a message that is about to be sent, and make the future of its answer."""
        number = next(self._ids)
        future: Future[Any] = Future()
        # It can no longer be cancelled: the answer comes from another process anyway, and setting
        # the result of a cancelled future would be an error.
        future.set_running_or_notify_cancel()
        about = {"run": run_id} if run_id is not None else {}
        sent = Sent({**message, **about, "id": number}, future, run_id, command, place)
        self._sent[number] = sent
        return sent

    def take(self, number: int) -> Sent | None:
        """Remove and return the message of this number; None when it was given up."""
        return self._sent.pop(number, None)

    def give_up(self, future: Future[Any], error: Exception) -> Sent | None:
        """Give up the message of this future, for this reason; None when it has been answered."""
        sent = next((sent for sent in self._sent.values() if sent.future is future), None)
        self.fail(error, lambda other: other is sent)
        return sent

    def at(self, place: Slot) -> int:
        """How many computations are under way in a slot."""
        return sum(sent.place is place for sent in self._sent.values())

    def of(self, run_id: str) -> list[Sent]:
        """What is under way to one run, in order."""
        return [sent for sent in self._sent.values() if sent.run_id == run_id]

    def fail(self, error: Exception, which: Callable[[Sent], bool]) -> None:
        """Give up those messages for which this holds, for this reason."""
        for number in [number for number, sent in self._sent.items() if which(sent)]:
            self._sent.pop(number).future.set_exception(error)


def reply(log: RunLog, sent: Sent, meta: Mapping[str, Any], payload: bytes) -> None:
    """Resolve a message's future with the answer that has come."""
    if meta["op"] == "refused":
        sent.future.set_exception(QueryError(meta["reason"]))
    elif meta["op"] == "answer":
        sent.future.set_result(unpack(payload)[1])
    else:
        record(log, sent, meta["step"])
        sent.future.set_result(meta["step"])


def record(log: RunLog, sent: Sent, step: int) -> None:
    """Record what repeating a run needs to know about a command obeyed at a step."""
    command = sent.command
    if isinstance(command, Pace):
        log.update(str(sent.run_id), pace=command.steps_per_s)
    elif isinstance(command, ChangeCommand):
        made = (*log.get(str(sent.run_id)).interventions, change_of(command).at(step))
        in_order = tuple(sorted(made, key=lambda change: change.step))
        log.update(str(sent.run_id), interventions=in_order)


def ended(run: Run) -> RunEndedError:
    """Why a run takes no commands."""
    return RunEndedError(f"This run has ended ({run.state}). {run.reason}".strip())


def let_go() -> RunEndedError:
    """Why a run that ended normally answers no questions."""
    return RunEndedError(
        "The networks of this run are no longer kept for questions; start it again to ask."
    )


def gone(run: Run) -> RunEndedError:
    """Why a run that has ended answers no questions, and how it ended."""
    return RunEndedError(f"{let_go()} {ended(run)}")
