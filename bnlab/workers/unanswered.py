"""What was sent to workers and is not yet answered."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from bnlab.runs.log import Run, RunLog
from bnlab.workers.commands import ChangeCommand, Command, Pace, RunEndedError, change_of


@dataclass(frozen=True)
class Sent:
    """One command, question or computation under way."""

    message: dict[str, Any]  # its id among the rest
    future: Future[Any]
    run_id: str | None  # None: a computation, which needs no run
    command: Command | None  # None: a question or a computation
    place: object | None  # where a computation was sent: it dies with its worker

    @property
    def is_command(self) -> bool:
        return self.command is not None


class Unanswered:
    """Everything under way, by number; whoever holds it has the lock."""

    def __init__(self) -> None:
        self._ids = itertools.count()
        self._sent: dict[int, Sent] = {}

    def add(
        self,
        message: dict[str, Any],
        *,
        run_id: str | None = None,
        command: Command | None = None,
        place: object | None = None,
    ) -> Sent:
        """Number a message that is about to be sent, and make the future of its answer."""
        number = next(self._ids)
        future: Future[Any] = Future()
        # Nobody can cancel it from now on: the answer comes from another process anyway, and
        # giving it to a cancelled future would be an error there.
        future.set_running_or_notify_cancel()
        about = {"run": run_id} if run_id is not None else {}
        sent = Sent({**message, **about, "id": number}, future, run_id, command, place)
        self._sent[number] = sent
        return sent

    def take(self, number: int) -> Sent | None:
        """What has this number, no longer under way; None when it was given up."""
        return self._sent.pop(number, None)

    def of(self, run_id: str) -> list[Sent]:
        """What is under way to one run, in order."""
        return [sent for sent in self._sent.values() if sent.run_id == run_id]

    def fail(self, error: Exception, which: Callable[[Sent], bool]) -> None:
        """Give up some of it, for this reason."""
        for number in [number for number, sent in self._sent.items() if which(sent)]:
            self._sent.pop(number).future.set_exception(error)


def record(log: RunLog, sent: Sent, step: int) -> None:
    """Keep on a run's record what a repetition needs to know of a command obeyed at a step."""
    command = sent.command
    if isinstance(command, Pace):
        log.update(str(sent.run_id), pace=command.steps_per_s)
    elif isinstance(command, ChangeCommand):
        made = (*log.get(str(sent.run_id)).interventions, change_of(command).at(step))
        in_order = tuple(sorted(made, key=lambda change: change.step))
        log.update(str(sent.run_id), interventions=in_order)


def ended(run: Run) -> RunEndedError:
    """Why a run takes no command."""
    return RunEndedError(f"This run has ended ({run.state}). {run.reason}".strip())


def let_go() -> RunEndedError:
    """Why a run that has ended well answers no question."""
    return RunEndedError(
        "The networks of this run are no longer kept for questions; start it again to ask."
    )


def gone(run: Run) -> RunEndedError:
    """Why a run that has ended answers no question, and how it ended."""
    return RunEndedError(f"{let_go()} {ended(run)}")
