"""Worker processes on this machine: where runs are sent, and what happens when one dies."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from bnlab.lab.runs.log import Run, RunLog
from bnlab.lab.workers.protocol.commands import Command, Watch
from bnlab.lab.workers.protocol.messages import start_message
from bnlab.lab.workers.protocol.pieces import fleets_of
from bnlab.lab.workers.protocol.queries import Computation, LostError, Query, QueryError
from bnlab.lab.workers.server.cores import worker_count
from bnlab.lab.workers.server.pending import Unanswered, ended, gone, let_go, reply
from bnlab.lab.workers.server.process import PROGRAM, WorkerProcess
from bnlab.lab.workers.server.slot import Slot, WorkersStatus, status_of
from bnlab.lab.workers.server.sweep_scheduler import SweepScheduler, no_answer
from bnlab.results.frames import Array
from bnlab.spec.settings import settings

# A worker that dies this often in a row before it begins a run is not restarted automatically.
# (One that dies later takes the run it was on with it, so that cannot go on for ever.)
MAX_IDLE_DEATHS = 3


class WorkerPool:
    """Starts worker processes and keeps them; sends runs to them and their frames to the log.

    Args:
        log: where records, frames and endings go.
        count: number of workers. By default BNLAB_WORKERS, or one per usable core; just one where
            the first finds a GPU.
        program: the command line of a worker, to which the number of its socket is appended.
    """

    def __init__(
        self, log: RunLog, *, count: int | None = None, program: Sequence[str] = PROGRAM
    ) -> None:
        self._log = log
        self._program = program
        self._lock = threading.RLock()
        self._unanswered = Unanswered()
        self._sweeps = SweepScheduler(log, self._end)
        self._watched: dict[str, Watch] = {}
        self._is_closed = False
        self._problem = ""
        self._count = count if count is not None else settings().workers
        self._slots = [Slot() for _ in range(self._count or 1)]
        with self._lock:
            for slot in self._slots:
                self._launch(slot)

    # --- what the server asks --------------------------------------------------------------------

    def status(self) -> WorkersStatus:
        """The status of the workers."""
        with self._lock:
            return status_of(self._slots, self._problem)

    def pids(self) -> tuple[int, ...]:
        """Ids of the live processes."""
        with self._lock:
            return tuple(slot.process.pid for slot in self._slots if slot.process is not None)

    def submit(self, run: Run) -> None:
        """Log a new run and send it to the worker with the fewest; share a sweep among all.

        Workers that were given up are started again; if none starts, the run fails with the
        reason.
        """
        # Before taking the lock: planning a large sweep takes a second.
        fleets = fleets_of(run.experiment) if run.experiment.axes else None
        self._log.add(run)
        with self._lock:
            if self._is_closed:
                self._log.end(run.id, "interrupted", reason="The server is stopping.")
                return
            for slot in self._slots:
                if slot.process is None:  # given up once, but needed now
                    slot.idle_deaths = 0
                    self._launch(slot)
            if fleets is None:
                self._place([run.id])
            else:
                self._sweeps.add(run, fleets)
                self._deal()

    def command(self, run_id: str, command: Command) -> Future[int]:
        """See `Lab.command`."""
        if self._log.get(run_id).experiment.axes:
            with self._lock:
                return self._sweeps.command(run_id, command)
        message = {"op": "command", "command": command.model_dump(mode="json")}
        return self._send(run_id, message, command)

    def ask(self, run_id: str, query: Query) -> Future[dict[str, Array]]:
        """See `Lab.ask`."""
        if self._log.get(run_id).experiment.axes:
            return no_answer()
        return self._send(run_id, {"op": "ask", "query": query.model_dump(mode="json")}, None)

    def compute(self, computation: Computation, *, owner: str = "") -> Future[dict[str, Array]]:
        """See `Lab.compute`."""
        document = computation.model_dump(mode="json")
        message = {"op": "compute", "owner": owner, "computation": document}
        with self._lock:
            alive = [] if self._is_closed else self._alive()
            slot = min(alive, key=self._business, default=None)
            sent = self._unanswered.add(message, place=slot)
            if slot is None:
                problem = self._problem or "The server is stopping."
                self._unanswered.fail(QueryError(problem), lambda other: other is sent)
            elif slot.process is not None:
                slot.process.send(sent.message)
        return sent.future

    def give_up(self, computation: Future[dict[str, Array]]) -> None:
        """See `Lab.give_up`."""
        with self._lock:
            sent = self._unanswered.give_up(
                computation, QueryError("The computation was cancelled.")
            )
            if sent is not None and sent.place is not None and sent.place.process is not None:
                sent.place.process.send({"op": "give_up", "id": sent.message["id"]})

    def watch(self, run_id: str, watch: Watch) -> None:
        """Measure these in every frame of the run from now on; does nothing if it has ended."""
        with self._lock:
            slot = self._slot_of(run_id)
            if slot is not None:
                self._watched[run_id] = watch
                self.command(run_id, watch)

    def close(self) -> None:
        """End all workers and wait for them; runs that have not ended are interrupted."""
        with self._lock:
            self._is_closed = True
            processes = [slot.process for slot in self._slots if slot.process is not None]
        for process in processes:
            process.close()
        with self._lock:
            for run in self._log.runs():
                if not run.has_ended:
                    self._end(run.id, "interrupted", "The server was stopped.")
            self._unanswered.fail(QueryError("The server was stopped."), lambda _: True)

    # --- inside: the lock is held ----------------------------------------------------------------

    def _send(self, run_id: str, message: dict[str, Any], command: Command | None) -> Future[Any]:
        with self._lock:
            run = self._log.get(run_id)
            slot = self._slot_of(run_id)
            if slot is None and command is None:
                slot = next((slot for slot in self._slots if run_id in slot.kept), None)
            if slot is None:
                raise ended(run) if command is not None else gone(run)
            sent = self._unanswered.add(message, run_id=run_id, command=command)
            if slot.process is not None:
                slot.process.send(sent.message)
        return sent.future

    def _slot_of(self, run_id: str) -> Slot | None:
        return next((slot for slot in self._slots if run_id in slot.runs), None)

    def _alive(self) -> list[Slot]:
        return [slot for slot in self._slots if slot.process is not None]

    def _business(self, slot: Slot) -> tuple[bool, int]:
        """How busy a worker is; one that is still warming up comes last."""
        return not slot.is_ready, len(slot.runs) + self._unanswered.at(slot)

    def _launch(self, slot: Slot) -> None:
        slot.is_ready, slot.has_begun, slot.advancing, slot.broken = False, False, None, ""
        try:
            slot.process = WorkerProcess(
                on_message=partial(self._on_message, slot),
                on_death=partial(self._on_death, slot),
                program=self._program,
            )
        except OSError as error:
            slot.process = None
            self._problem = f"No worker process could be started: {error.strerror or error}."

    def _place(self, run_ids: Sequence[str]) -> None:
        """Send each run, from wherever it is, to the worker with the fewest runs."""
        for run_id in run_ids:
            alive = self._alive()
            if not alive:
                self._end(run_id, "failed", self._problem)
                continue
            slot = min(alive, key=lambda slot: len(slot.runs))
            slot.runs[run_id] = None
            run = self._log.get(run_id)
            if slot.process is not None:
                slot.process.send(start_message(run, self._watched.get(run_id, Watch())))
                for sent in self._unanswered.of(run_id):
                    slot.process.send(sent.message)

    def _deal(self) -> None:
        """Hand out the waiting pieces of all sweeps; without workers, the sweeps fail."""
        alive = self._alive()
        self._sweeps.deal(alive)
        for run_id in () if alive else self._sweeps.run_ids():
            self._end(run_id, "failed", self._problem)

    def _end(self, run_id: str, state: Any, reason: str, *, kept_by: Slot | None = None) -> None:
        """End a run and fail its unanswered commands.

        Its questions fail as well, unless a worker keeps its networks and will answer them.
        """
        for slot in self._slots:
            slot.runs.pop(run_id, None)
        self._watched.pop(run_id, None)
        error = ended(self._log.end(run_id, state, reason=reason))
        self._sweeps.ended(run_id, error)
        if kept_by is None:
            self._unanswered.fail(error, lambda sent: sent.run_id == run_id)
        else:
            kept_by.kept.add(run_id)
            self._unanswered.fail(error, lambda sent: sent.run_id == run_id and sent.is_command)

    # --- what the workers say: called from their reader threads ----------------------------------

    def _on_message(self, slot: Slot, meta: dict[str, Any], payload: bytes) -> None:
        operation = meta["op"]
        if operation == "frame":  # most messages by far; they need no lock here
            self._log.append(meta["run"], payload)
            return
        with self._lock:
            if operation == "on":
                slot.advancing, slot.piece, slot.has_begun = meta["run"], meta["piece"], True
            elif operation == "state":
                self._on_state(slot, meta["run"], meta["state"], meta["reason"])
            elif operation == "cells":
                self._sweeps.reported(slot, meta, payload)
                if meta["is_done"]:
                    self._deal()
            elif operation == "heard":
                self._sweeps.heard(slot, meta["order"])
            elif operation == "let_go":
                self._on_let_go(slot, meta["run"])
            elif operation == "begun":
                self._log.update(meta["run"], device=meta["device"], header=payload)
            elif operation == "ready":
                self._on_ready(slot, meta["device"], has_gpu=meta["has_gpu"])
            elif operation == "broken":
                slot.broken = meta["reason"]
            elif (sent := self._unanswered.take(meta["id"])) is not None:
                reply(self._log, sent, meta, payload)
            # Otherwise an answer that is no longer awaited.

    def _on_state(self, slot: Slot, run_id: str, state: Any, reason: str) -> None:
        if state in ("running", "paused"):
            self._log.update(run_id, state=state)
        else:
            self._end(run_id, state, reason, kept_by=None if state == "failed" else slot)

    def _on_let_go(self, slot: Slot, run_id: str) -> None:
        slot.kept.discard(run_id)
        self._unanswered.fail(let_go(), lambda sent: sent.run_id == run_id)

    def _on_ready(self, slot: Slot, device: str, *, has_gpu: bool) -> None:
        slot.is_ready, slot.device, slot.has_gpu = True, device, has_gpu
        # The first one that is ready knows whether there is a GPU.
        if self._count is None and not self._is_closed:
            self._count = 1 if has_gpu else worker_count()
            self._slots += [Slot() for _ in range(self._count - 1)]
            for new in self._slots[1:]:
                self._launch(new)
        self._deal()

    def _on_death(self, slot: Slot, words: str) -> None:
        with self._lock:
            slot.process = None
            if self._is_closed:
                return
            if slot.advancing in slot.runs:
                reason = f"The worker process that trained this run {words}."
                self._end(str(slot.advancing), "failed", reason)
            self._sweeps.died(slot, words)
            left, slot.runs = list(slot.runs), {}
            lost, slot.kept = slot.kept, set()
            self._unanswered.fail(let_go(), lambda sent: sent.run_id in lost)
            reason = slot.broken or f"The worker process that was asked {words}. Try again."
            self._unanswered.fail(LostError(reason), lambda sent: sent.place is slot)
            slot.idle_deaths = 0 if slot.has_begun else slot.idle_deaths + 1
            if slot.broken:
                self._problem = slot.broken
            elif slot.idle_deaths >= MAX_IDLE_DEATHS:
                self._problem = (
                    f"The worker process {words}, {slot.idle_deaths} times in a row before it "
                    "trained anything; the next run will try again."
                )
            else:
                self._launch(slot)
            self._place(left)
            self._deal()
