"""Sweeps on the server's side: pieces go to the workers, and to others when one dies."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from bnlab.lab.runs.log import Run, RunLog
from bnlab.lab.runs.record import RunState
from bnlab.lab.workers.protocol.commands import Command, Pause, Resume, Stop
from bnlab.lab.workers.protocol.messages import piece_message
from bnlab.lab.workers.protocol.pieces import MOST_NUMBERS, Fleets, Piece, cut
from bnlab.lab.workers.protocol.queries import QueryError
from bnlab.lab.workers.server.cores import numbers_a_worker
from bnlab.lab.workers.server.pending import ended
from bnlab.lab.workers.server.slot import Slot
from bnlab.results.frames import Array
from bnlab.spec.fields import refusal
from bnlab.spec.settings import settings

# A sweep is given up after this many deaths of workers, or two at the same piece.
MOST_DEATHS = 8


def no_answer() -> Future[dict[str, Array]]:
    """What a sweep answers to every question about its networks."""
    future: Future[dict[str, Array]] = Future()
    future.set_exception(
        QueryError("A sweep keeps no networks; to ask about one, open its cell as a race.")
    )
    return future


@dataclass(eq=False)
class _Share:
    """The pieces of a sweep that one worker has."""

    pieces: set[int] = field(default_factory=set)
    work: float = 0.0
    numbers: int = 0

    def take(self, number: int, piece: Piece) -> None:
        self.pieces.add(number)
        self.work += piece.work
        self.numbers += piece.numbers

    def give(self, number: int, piece: Piece) -> None:
        self.pieces.remove(number)
        self.work -= piece.work
        self.numbers -= piece.numbers


@dataclass(eq=False)
class _Sweep:
    """One sweep that has not ended."""

    run_id: str
    fleets: Fleets
    is_paused: bool
    pieces: tuple[Piece, ...] = ()  # cut when the first worker is ready: a GPU takes larger ones
    waiting: deque[int] = field(default_factory=deque)  # numbers of pieces that no worker has
    on: dict[Slot, _Share] = field(default_factory=dict)
    done: int = 0
    deaths: Counter[int] = field(default_factory=Counter)  # by piece

    def share(self, slot: Slot) -> _Share:
        return self.on.get(slot) or _Share()


@dataclass(eq=False)
class _Order:
    """A command to a sweep that some workers have not obeyed yet."""

    run_id: str
    command: Command
    unheard: set[Slot]
    future: Future[int]


class SweepScheduler:
    """Hands out the pieces of sweeps to workers; the caller holds the lock of the pool.

    Pieces are shared evenly by their work, as many at once as memory allows; when one is done,
    the next waiting one replaces it. Each worker advances its pieces in rotation, so that all
    networks of a sweep develop together.

    Args:
        log: where the numbers go.
        end: ends a run: takes its id, the state, and why.
    """

    def __init__(self, log: RunLog, end: Callable[[str, RunState, str], None]) -> None:
        self._log, self._end = log, end
        self._megabytes = settings().sweep_mb
        self._numbers = 0  # that one worker may keep in memory; known once there are workers
        self._sweeps: dict[str, _Sweep] = {}
        self._orders: dict[int, _Order] = {}
        self._ids = itertools.count()

    def add(self, run: Run, fleets: Fleets) -> None:
        """Add a new sweep; `deal` hands it out."""
        self._sweeps[run.id] = _Sweep(run.id, fleets, is_paused=run.state == "paused")

    def deal(self, slots: Sequence[Slot]) -> None:
        """Hand waiting pieces to the live workers, once one is ready and its device is known."""
        ready = next((slot for slot in slots if slot.is_ready), None)
        if ready is None:
            return
        for sweep in self._sweeps.values():
            if not sweep.pieces:
                self._cut(sweep, ready, len(slots))
            while sweep.waiting and self._deal_one(sweep, slots):
                pass

    def reported(self, slot: Slot, meta: dict[str, Any], payload: bytes) -> None:
        """A piece was evaluated, for the last time if it is done."""
        sweep = self._sweeps.get(meta["run"])
        if sweep is None:
            return
        self._log.fill(sweep.run_id, payload)
        if not meta["is_done"]:
            return
        sweep.on[slot].give(meta["piece"], sweep.pieces[meta["piece"]])
        sweep.done += 1
        if sweep.done == len(sweep.pieces):
            self._end(sweep.run_id, "completed", "")

    def command(self, run_id: str, command: Command) -> Future[int]:
        """Have all workers that hold pieces of a sweep obey.

        Returns:
            A future of the mean step of its networks once all had obeyed.

        Raises:
            RunEndedError: it has ended.
            SpecError: sweeps do not take this command.
        """
        sweep = self._sweeps.get(run_id)
        if sweep is None:
            raise ended(self._log.get(run_id))
        if not isinstance(command, Pause | Resume | Stop):
            raise refusal("command", f"{command.kind} for a sweep", "pause, resume or stop")
        future: Future[int] = Future()
        future.set_running_or_notify_cancel()
        about: dict[str, Any] = {"run": run_id, "op": "drop"}
        if isinstance(command, Stop):
            sweep.waiting.clear()
        else:
            sweep.is_paused = isinstance(command, Pause)
            about |= {"op": "rest", "is_paused": sweep.is_paused}
        number = next(self._ids)
        order = self._orders[number] = _Order(run_id, command, set(sweep.on), future)
        for slot in tuple(order.unheard):
            if slot.process is not None:
                slot.process.send({**about, "order": number})
        self._settle(number)
        return future

    def heard(self, slot: Slot, number: int) -> None:
        """A worker has obeyed an order."""
        if number in self._orders:
            self._orders[number].unheard.discard(slot)
            self._settle(number)

    def died(self, slot: Slot, words: str) -> None:
        """Take back the pieces of a worker that died, and blame the one it was advancing."""
        for sweep in list(self._sweeps.values()):
            lost = sweep.share(slot).pieces
            sweep.on.pop(slot, None)
            sweep.waiting.extendleft(sorted(lost, reverse=True))
            if slot.advancing == sweep.run_id and slot.piece in lost:
                self._blame(sweep, slot.piece, words)
        for number in list(self._orders):
            self.heard(slot, number)

    def ended(self, run_id: str, error: Exception) -> None:
        """A sweep has ended: its workers drop it, and commands under way fail."""
        sweep = self._sweeps.pop(run_id, None)
        if sweep is None:
            return
        for slot in sweep.on:
            if slot.process is not None:
                slot.process.send({"op": "drop", "run": run_id, "order": -1})
        for number in [n for n, order in self._orders.items() if order.run_id == run_id]:
            self._orders.pop(number).future.set_exception(error)

    def run_ids(self) -> tuple[str, ...]:
        """The sweeps that have not ended."""
        return tuple(self._sweeps)

    # --- inside ----------------------------------------------------------------------------------

    def _cut(self, sweep: _Sweep, ready: Slot, workers: int) -> None:
        self._numbers = self._numbers or numbers_a_worker(workers, self._megabytes)
        most = min(self._numbers, MOST_NUMBERS)
        sweep.pieces = cut(sweep.fleets, most_numbers=most, is_whole=ready.has_gpu)
        sweep.fleets = ()
        sweep.waiting = deque(range(len(sweep.pieces)))
        device = ready.device if workers == 1 else f"{ready.device}, {workers} workers"
        self._log.update(sweep.run_id, device=device)
        if not sweep.is_paused:
            self._log.update(sweep.run_id, state="running")

    def _deal_one(self, sweep: _Sweep, slots: Sequence[Slot]) -> bool:
        """Hand out the next piece if a worker has room; one without any of this sweep has."""
        number = sweep.waiting[0]
        piece = sweep.pieces[number]
        open_to = [
            slot for slot in slots if not sweep.share(slot).pieces or self._has_room(slot, piece)
        ]
        slot = min(open_to, key=lambda slot: sweep.share(slot).work, default=None)
        if slot is None or slot.process is None:
            return False
        sweep.waiting.popleft()
        sweep.on.setdefault(slot, _Share()).take(number, piece)
        run = self._log.get(sweep.run_id)
        slot.process.send(piece_message(run, number, piece, is_paused=sweep.is_paused))
        return True

    def _has_room(self, slot: Slot, piece: Piece) -> bool:
        held = sum(sweep.share(slot).numbers for sweep in self._sweeps.values())
        return held + piece.numbers <= self._numbers

    def _settle(self, number: int) -> None:
        """Once all workers have obeyed an order, record its effect and resolve its future."""
        order = self._orders[number]
        if order.unheard:
            return
        del self._orders[number]
        step = self._log.get(order.run_id).step
        if isinstance(order.command, Stop):
            self._end(order.run_id, "cancelled", order.command.reason)
        else:
            state = "paused" if isinstance(order.command, Pause) else "running"
            self._log.update(order.run_id, state=state)
        order.future.set_result(step)

    def _blame(self, sweep: _Sweep, number: int, words: str) -> None:
        sweep.deaths[number] += 1
        networks = len(sweep.pieces[number].plan.specs)
        if sweep.deaths[number] > 1:
            which = f"twice while training the same {networks} networks of this sweep"
        elif sweep.deaths.total() > MOST_DEATHS:
            which = f"the last of {sweep.deaths.total()} deaths during this sweep"
        else:
            return
        self._end(sweep.run_id, "failed", f"The worker process {words}, {which}.")
