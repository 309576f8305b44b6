"""One worker's part of a sweep: its pieces, advanced in turn by one evaluation interval each."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from bnlab.fleet.device import Device
from bnlab.fleet.history import Report
from bnlab.fleet.plan import FleetPlan
from bnlab.fleet.train import Training
from bnlab.lab.workers.protocol.messages import Message
from bnlab.results.sweeps.record import evaluation_bytes
from bnlab.results.sweeps.table import END_QUANTITIES, SWEEP_QUANTITIES
from bnlab.spec.member import MemberSpec, parse

Send = Callable[[Mapping[str, Any], bytes], None]


class _Begun(NamedTuple):
    """One piece that has begun."""

    number: int
    training: Training


class ActiveSweep:
    """Advances pieces of one sweep in time slices and reports each evaluation.

    Args:
        run_id: the sweep.
        device: where to train.
        is_paused: whether to wait until told to continue.
        send: sends messages to the server.
    """

    def __init__(self, run_id: str, *, device: Device, is_paused: bool, send: Send) -> None:
        self.run_id = run_id
        self.is_paused = is_paused
        self._device = device
        self._send = send
        self._waiting: deque[tuple[int, Callable[[], FleetPlan]]] = deque()
        self._begun: deque[_Begun] = deque()  # the next one first

    @property
    def due_s(self) -> float:
        """When its next step is due: now, or never while it is paused or has no pieces."""
        return math.inf if self.is_paused or not (self._waiting or self._begun) else 0.0

    @property
    def piece(self) -> int | None:
        """The number of the piece whose turn it is."""
        if self._waiting:
            return self._waiting[0][0]
        return self._begun[0].number if self._begun else None

    def take(self, number: int, plan: Callable[[], FleetPlan]) -> None:
        """Add a piece; its plan is made when it begins, before the others continue."""
        self._waiting.append((number, plan))

    def advance(self, until_s: float) -> None:
        """Begin a piece, or advance one to its next evaluation or until the slice is over."""
        if self._waiting:
            number, plan = self._waiting.popleft()
            self._begun.appendleft(_Begun(number, Training(plan(), self._device.name)))
            self._tell()
            return
        training = self._begun[0].training
        while True:
            training.step()
            if training.is_evaluated:
                self._tell()
                return
            if time.perf_counter() >= until_s:
                return

    def close(self) -> None:
        """Drop all networks."""
        self._waiting.clear()
        self._begun.clear()

    def _tell(self) -> None:
        """Send the newest evaluation of the first piece and move on to the next."""
        piece = self._begun.popleft()
        training = piece.training
        if not training.is_done:
            self._begun.append(piece)
        meta = {"op": "cells", "run": self.run_id, "piece": piece.number}
        cells = _bytes_of(training.report(), training.plan.members)
        self._send(meta | {"is_done": training.is_done}, cells)


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
