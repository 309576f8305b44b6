"""Networks timed on a worker, a little in each of its turns, so that nobody's run stutters."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from time import thread_time

import numpy as np
import torch

from bnlab.fleet.device import Device
from bnlab.fleet.plan import FleetPlan
from bnlab.fleet.train import train
from bnlab.frames import Array
from bnlab.workers.queries import TimeNetworks

MOST_S = 0.5  # for all networks of one request together
# Four steps and the last; an evaluation after the third, and at the end the one of all statistics.
_STEPS, _EVALUATED_AT = 5, 3


class Timing:
    """Answers `TimeNetworks`; what takes turns on a worker beside its runs.

    Args:
        number: of the question.
        request: what is timed.
        device: where.
    """

    def __init__(self, number: int, request: TimeNetworks, *, device: Device) -> None:
        self.run_id = f"timing {number}"
        self.number = number
        self.seconds = np.full((len(request.specs), 4), np.nan)
        self._device = device
        self._parts = self._measure(request)
        self.has_ended = False

    @property
    def due_s(self) -> float:
        """At once, until all is measured."""
        return math.inf if self.has_ended else 0.0

    def advance(self) -> None:
        """Measure a little: the beginning of a fleet, or one step of it."""
        self.has_ended = next(self._parts, None) is None

    def answer(self) -> dict[str, Array]:
        """What was measured: see `TimeNetworks`."""
        return {"seconds": self.seconds}

    def _measure(self, request: TimeNetworks) -> Iterator[bool]:
        spent_s = 0.0
        for row, (spec, count) in enumerate(zip(request.specs, request.networks, strict=True)):
            short = spec.model_copy(update={"steps": _STEPS, "evaluate_every": _EVALUATED_AT})
            plan = FleetPlan((short,) * count, tuple(range(count)), watched=(), is_quiet=True)
            fleet = train(plan, self._device.name)
            took: list[float] = []
            for _ in range(_STEPS + 1):
                took.append(self._timed(lambda: next(fleet)))  # noqa: B023  called at once
                yield True
            spent_s += sum(took)
            begin, _, step, evaluated, other, last = took
            step = min(step, other)
            parts = (begin, step, max(0.0, evaluated - step), max(0.0, last - step))
            self.seconds[row] = np.array(parts) / count
            if spent_s > MOST_S:
                return

    def _timed(self, work: Callable[[], object]) -> float:
        """Seconds of this thread: what others do meanwhile is not counted."""
        if self._device.name.startswith("cuda"):
            return _timed_on_gpu(work)
        start = thread_time()
        work()
        return thread_time() - start


def _timed_on_gpu(work: Callable[[], object]) -> float:
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    work()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) / 1e3
