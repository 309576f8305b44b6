"""What one worker has of a sweep: its pieces, advanced in turn, an evaluation interval each."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bnlab.fleet.device import Device
from bnlab.fleet.history import Report
from bnlab.fleet.plan import FleetPlan
from bnlab.fleet.train import Tell, train
from bnlab.lab.workers.inside.answers import Fleet, Yielded
from bnlab.lab.workers.protocol.messages import Message
from bnlab.results.sweeps.record import evaluation_bytes
from bnlab.results.sweeps.table import END_QUANTITIES, SWEEP_QUANTITIES
from bnlab.spec.member import MemberSpec, parse

Send = Callable[[Mapping[str, Any], bytes], None]


class _Growing:
    """One piece that has begun, at some step."""

    def __init__(self, number: int, plan: FleetPlan, device: str) -> None:
        self.number, self.plan = number, plan
        self.step = 0
        self.fleet: Fleet = train(plan, device)

    @property
    def is_done(self) -> bool:
        return self.step >= self.plan.structure.steps

    @property
    def is_evaluated(self) -> bool:
        return self.is_done or self.step % self.plan.structure.evaluate_every == 0


class ActiveSweep:
    """Advances pieces of one sweep in time slices and tells of each evaluation.

    Args:
        run_id: the sweep.
        device: where.
        is_paused: rest until told to go on.
        send: takes messages for the server.
    """

    def __init__(self, run_id: str, *, device: Device, is_paused: bool, send: Send) -> None:
        self.run_id = run_id
        self.is_paused = is_paused
        self._device = device
        self._send = send
        self._waiting: deque[tuple[int, Callable[[], FleetPlan]]] = deque()
        self._begun: deque[_Growing] = deque()  # whose turn it is first

    @property
    def due_s(self) -> float:
        """When it wants to advance: at once, or never while it rests or has no pieces."""
        return math.inf if self.is_paused or not (self._waiting or self._begun) else 0.0

    @property
    def piece(self) -> int | None:
        """The number of the piece whose turn it is."""
        if self._waiting:
            return self._waiting[0][0]
        return self._begun[0].number if self._begun else None

    def take(self, number: int, plan: Callable[[], FleetPlan]) -> None:
        """One piece more; its plan is made when it begins, before the others go on."""
        self._waiting.append((number, plan))

    def advance(self, until_s: float) -> None:
        """Begin a piece, or advance one to its next evaluation or until the slice is over."""
        if self._waiting:
            number, plan = self._waiting.popleft()
            self._begun.appendleft(_Growing(number, plan(), self._device.name))
            self._tell(next(self._begun[0].fleet))
            return
        piece = self._begun[0]
        while True:
            piece.fleet.send(None)
            piece.step += 1
            if piece.is_evaluated:
                self._tell(piece.fleet.send(Tell()))
                return
            if time.perf_counter() >= until_s:
                return

    def close(self) -> None:
        """Let go of all networks."""
        self._waiting.clear()
        while self._begun:
            self._begun.popleft().fleet.close()

    def _tell(self, report: Yielded) -> None:
        """Send an evaluation of the first piece; the next one is on."""
        if not isinstance(report, Report):
            raise RuntimeError("The fleet was asked for a report and gave none.")
        piece = self._begun.popleft()
        if piece.is_done:
            piece.fleet.close()
        else:
            self._begun.append(piece)
        meta = {"op": "cells", "run": self.run_id, "piece": piece.number, "is_done": piece.is_done}
        self._send(meta, _bytes_of(report, piece.plan.members))


def plan_of(message: Message) -> FleetPlan:
    """The fleet of a `piece` message."""
    return FleetPlan(
        specs=tuple(parse(MemberSpec, document) for document in message["specs"]),
        members=tuple(message["cells"]),
        watched=(),
        target=message["target"],
        is_quiet=True,
    )


def _bytes_of(report: Report, cells: tuple[int, ...]) -> bytes:
    measured = (*SWEEP_QUANTITIES, *END_QUANTITIES)
    arrays = {"cells": np.array(cells, np.int32), "status": report.status}
    arrays |= {name: getattr(report, name).astype(np.float32) for name in measured}
    return evaluation_bytes(report.step, arrays)
