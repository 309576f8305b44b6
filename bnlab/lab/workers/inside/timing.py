"""Networks timed on a worker, a little in each of its turns, so that nobody's run stutters."""

from __future__ import annotations

from collections.abc import Callable
from time import thread_time

import numpy as np
import torch

from bnlab.fleet.device import Device
from bnlab.fleet.plan import FleetPlan
from bnlab.fleet.train import train
from bnlab.lab.workers.inside.computing import Parts
from bnlab.lab.workers.protocol.queries import TimeNetworks

MOST_S = 0.5  # for all networks of one request together
# Four steps and the last; an evaluation after the third, and at the end the one of all statistics.
_STEPS, _EVALUATED_AT = 5, 3


def timed(request: TimeNetworks, *, device: Device) -> Parts:
    """Answers `TimeNetworks`: measures a little, the beginning of a fleet or one step, and pauses.

    Args:
        request: what is timed.
        device: where.
    """
    seconds = np.full((len(request.specs), 4), np.nan)
    stopwatch = _timed_on_gpu if device.name.startswith("cuda") else _timed
    spent_s = 0.0
    for row, (spec, count) in enumerate(zip(request.specs, request.networks, strict=True)):
        short = spec.model_copy(update={"steps": _STEPS, "evaluate_every": _EVALUATED_AT})
        plan = FleetPlan((short,) * count, tuple(range(count)), watched=(), is_quiet=True)
        fleet = train(plan, device.name)
        took: list[float] = []
        for _ in range(_STEPS + 1):
            took.append(stopwatch(lambda: next(fleet)))  # noqa: B023  called at once
            yield
        spent_s += sum(took)
        begin, _, step, evaluated, other, last = took
        step = min(step, other)
        parts = (begin, step, max(0.0, evaluated - step), max(0.0, last - step))
        seconds[row] = np.array(parts) / count
        if spent_s > MOST_S:
            break
    return {"seconds": seconds}


def _timed(work: Callable[[], object]) -> float:
    """Seconds of this thread: what others do meanwhile is not counted."""
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
