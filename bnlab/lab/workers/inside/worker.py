"""The worker process: it owns a device and advances many runs, one time slice each in turn."""

from __future__ import annotations

import logging
import math
import os
import queue
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import torch

from bnlab.fleet.device import Device, choose_device
from bnlab.lab.workers.inside.answers import compute, parts_of
from bnlab.lab.workers.inside.computing import Computing, turn_of
from bnlab.lab.workers.inside.kept import KeptRaces
from bnlab.lab.workers.inside.race import Race
from bnlab.lab.workers.inside.race_run import ActiveRun
from bnlab.lab.workers.inside.sweep_run import ActiveSweep, plan_of
from bnlab.lab.workers.inside.turns import Turns
from bnlab.lab.workers.inside.warm_up import warm_up
from bnlab.lab.workers.protocol.commands import Watch, parse_command
from bnlab.lab.workers.protocol.messages import Message, encode
from bnlab.lab.workers.protocol.queries import parse_computation, parse_query
from bnlab.results.frames import Array, pack
from bnlab.spec.experiment import Experiment
from bnlab.spec.interventions import Intervention
from bnlab.spec.member import parse

SLICE_S = 0.010


class Worker:
    """Serves the runs of one server over one connection: `serve` never returns."""

    def __init__(
        self, connection: Connection, inbox: queue.SimpleQueue[Message], *, device: Device
    ) -> None:
        self._connection = connection
        self._inbox = inbox
        self._device = device
        self._turns: Turns[ActiveRun | ActiveSweep | Computing] = Turns()
        self._kept = KeptRaces(lambda run_id: self._send({"op": "let_go", "run": run_id}))
        # The run, and for a sweep the piece, that the server was last told is being advanced.
        self._on: tuple[str | None, int | None] = (None, None)

    def serve(self) -> None:
        """Advance runs round-robin and obey between slices, forever."""
        self._send({"op": "ready", "device": self._device.label, "has_gpu": self._has_gpu})
        while True:
            self._obey(self._rest_s())
            for owner in self._turns.owners():
                run = self._turns.due(owner, time.perf_counter())
                if run is not None:
                    self._advance(run)
                    self._obey(0.0)

    @property
    def _has_gpu(self) -> bool:
        return self._device.name != "cpu"

    # --- commands --------------------------------------------------------------------------------

    def _rest_s(self) -> float | None:
        """Seconds until something is due; None: wait for a message."""
        due_s = min((run.due_s for run in self._turns), default=math.inf)
        return None if due_s == math.inf else max(0.0, due_s - time.perf_counter())

    def _obey(self, timeout_s: float | None) -> None:
        """Wait up to `timeout_s` for a message, then obey all that have arrived."""
        try:
            message = self._inbox.get(timeout_s != 0.0, timeout_s)
            while True:
                self._obey_one(message)
                message = self._inbox.get_nowait()
        except queue.Empty:
            return

    def _obey_one(self, message: Message) -> None:
        if message["op"] == "start":
            self._start(message)
        elif message["op"] == "compute":
            self._compute(message)
        elif message["op"] == "give_up":
            self._turns.remove(turn_of(message["id"]))
        elif message["op"] == "piece":
            self._take_piece(message)
        elif message["op"] in ("rest", "drop"):
            self._obey_for_sweep(message)
        elif isinstance(run := self._turns.get(message["run"]), ActiveRun):
            self._obey_for(run, message)
        elif message["op"] == "ask":
            self._answer_kept(message)
        # Otherwise a command to a run that has just ended: the server gives it up.

    def _obey_for(self, run: ActiveRun, message: Message) -> None:
        try:
            if message["op"] == "command":
                run.receive(message["id"], parse_command(message["command"]))
            else:
                self._answer(message["id"], lambda: run.race.answer(parse_query(message["query"])))
        except Exception as error:
            logging.exception("run %s broke", run.run_id)
            run.fail(_sentence(error))
        self._tidy(run)

    # --- questions -------------------------------------------------------------------------------

    def _answer(self, number: int, find: Callable[[], dict[str, Array]]) -> None:
        try:
            arrays = find()
        except ValueError as error:
            self._send({"op": "refused", "id": number, "reason": str(error)})
        else:
            self._send({"op": "answer", "id": number}, pack({}, arrays))

    def _answer_kept(self, message: Message) -> None:
        """Answer for a run that has ended; if it was dropped, the server has been told."""
        race = self._kept.get(message["run"])
        if race is None:
            return
        try:
            self._answer(message["id"], lambda: race.answer(parse_query(message["query"])))
        except Exception:
            logging.exception("the networks of run %s broke", message["run"])
            self._kept.let_go(message["run"])

    def _compute(self, message: Message) -> None:
        try:
            computation = parse_computation(message["computation"])
            parts = parts_of(computation, device=self._device)
            if parts is None:
                self._answer(message["id"], lambda: compute(computation))
            else:
                self._turns.add(message["owner"], Computing(message["id"], parts))
        except Exception as error:
            logging.exception("a computation broke")
            reason = f"This could not be computed: {type(error).__name__}."
            self._send({"op": "refused", "id": message["id"], "reason": reason})

    # --- runs ------------------------------------------------------------------------------------

    def _start(self, message: Message) -> None:
        run_id = message["run"]
        self._announce(run_id)
        try:
            race = Race(
                parse(Experiment, message["experiment"]),
                device=self._device,
                interventions=[parse(Intervention, item) for item in message["interventions"]],
            )
            run = ActiveRun(
                run_id,
                race,
                pace=message["pace"],
                is_paused=message["is_paused"],
                watch=parse(Watch, message["watch"]),
                step=message["step"],
                frames=message["frames"],
                send=self._send,
            )
            self._turns.add(message["owner"], run)
            run.begin(self._device.label)
        except Exception as error:
            logging.exception("run %s could not begin", run_id)
            self._turns.remove(run_id)
            reason = _sentence(error)
            self._send({"op": "state", "run": run_id, "state": "failed", "reason": reason})
            self._announce(None)
        else:
            self._tidy(run)

    def _advance(self, run: ActiveRun | ActiveSweep | Computing) -> None:
        if isinstance(run, ActiveSweep):
            self._advance_sweep(run)
        elif isinstance(run, Computing):
            self._advance_computation(run)
        else:
            self._advance_race(run)

    def _advance_race(self, run: ActiveRun) -> None:
        self._announce(run.run_id)
        try:
            run.advance(time.perf_counter() + SLICE_S)
        except Exception as error:
            logging.exception("run %s broke", run.run_id)
            run.fail(_sentence(error))
        self._tidy(run)

    def _tidy(self, run: ActiveRun) -> None:
        """Put the run away if it has ended, and tell the server if it is idle."""
        if run.has_ended and self._turns.get(run.run_id) is run:
            self._turns.remove(run.run_id)
            if run.can_be_asked:
                self._kept.keep(run.run_id, run.race)
            else:
                run.race.close()
        self._rest_from(run)

    def _rest_from(self, run: ActiveRun | ActiveSweep) -> None:
        """Tell the server that an idle or ended run is not being advanced."""
        if self._on[0] == run.run_id and run.due_s == math.inf:
            self._announce(None)

    def _announce(self, run_id: str | None, piece: int | None = None) -> None:
        """Tell the server which run to blame if this process dies."""
        if self._on != (run_id, piece):
            self._on = (run_id, piece)
            self._send({"op": "on", "run": run_id, "piece": piece})

    def _advance_computation(self, computing: Computing) -> None:
        self._announce(computing.run_id)
        try:
            answer = computing.advance(time.perf_counter() + SLICE_S)
        except Exception as error:
            logging.exception("a computation broke")
            self._turns.remove(computing.run_id)
            self._send({"op": "refused", "id": computing.number, "reason": _sentence(error)})
        else:
            if answer is not None:
                self._turns.remove(computing.run_id)
                self._send({"op": "answer", "id": computing.number}, pack({}, answer))

    # --- sweeps ----------------------------------------------------------------------------------

    def _take_piece(self, message: Message) -> None:
        run_id = message["run"]
        sweep = self._turns.get(run_id)
        if not isinstance(sweep, ActiveSweep):
            sweep = ActiveSweep(
                run_id, device=self._device, is_paused=message["is_paused"], send=self._send
            )
            self._turns.add(message["owner"], sweep)
        sweep.take(message["piece"], partial(plan_of, message))

    def _advance_sweep(self, sweep: ActiveSweep) -> None:
        self._announce(sweep.run_id, sweep.piece)
        try:
            sweep.advance(time.perf_counter() + SLICE_S)
        except Exception as error:
            logging.exception("sweep %s broke", sweep.run_id)
            self._drop(sweep)
            reason = _sentence(error)
            self._send({"op": "state", "run": sweep.run_id, "state": "failed", "reason": reason})
        self._rest_from(sweep)

    def _obey_for_sweep(self, message: Message) -> None:
        """Pause, resume or drop a sweep; acknowledged even if it has just ended here."""
        sweep = self._turns.get(message["run"])
        if isinstance(sweep, ActiveSweep):
            if message["op"] == "drop":
                self._drop(sweep)
            else:
                sweep.is_paused = message["is_paused"]
            self._rest_from(sweep)
        self._send({"op": "heard", "order": message["order"]})

    def _drop(self, sweep: ActiveSweep) -> None:
        self._turns.remove(sweep.run_id)
        sweep.close()

    def _send(self, meta: Mapping[str, Any], payload: bytes = b"") -> None:
        try:
            self._connection.send_bytes(encode(meta, payload))
        except OSError:
            os._exit(0)  # the server is gone


def work(connection: Connection, inbox: queue.SimpleQueue[Message]) -> None:
    """Serve the server at the other end of the connection; its messages arrive in the inbox."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        device = choose_device()
        worker = Worker(connection, inbox, device=device)
        warm_up(device)
    except Exception as error:
        # A refused setting is not a fault: its sentence goes to the person who started the server.
        if not isinstance(error, ValueError):
            logging.exception("the worker cannot work")
        connection.send_bytes(encode({"op": "broken", "reason": _sentence(error)}))
        sys.exit(1)
    worker.serve()


def _sentence(error: Exception) -> str:
    """An error as a sentence for people: a refusal as it is, anything else with its type."""
    text = (str(error).strip().splitlines() or [""])[0][:300]
    if isinstance(error, ValueError) and text:
        return text
    return f"Training broke: {type(error).__name__}{': ' + text if text else ''}."
