"""Networks timed on a worker, a little per turn so that no run stutters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import thread_time
from typing import TypeVar

import numpy as np
import torch

from bnlab.fleet.device import Device
from bnlab.fleet.plan import FleetPlan
from bnlab.fleet.train import Training
from bnlab.lab.workers.inside.computing import Parts
from bnlab.lab.workers.protocol.queries import TimeNetworks

MOST_S = 0.5  # for all networks of one request together
Result = TypeVar("Result")

# Four steps and the last; one evaluation after the third step, and the final one at the end.
_STEPS, _EVALUATED_AT = 5, 3


def timed(request: TimeNetworks, *, device: Device) -> Parts:
    """Answers `TimeNetworks`; yields after the set-up of each fleet and after each step.

    Args:
        request: the networks to time.
        device: where to train them.
    """
    seconds = np.full((len(request.specs), 4), np.nan)
    stopwatch = _timed_on_gpu if device.name.startswith("cuda") else _timed
    spent_s = 0.0
    for row, (spec, count) in enumerate(zip(request.specs, request.networks, strict=True)):
        short = spec.model_copy(update={"steps": _STEPS, "evaluate_every": _EVALUATED_AT})
        plan = FleetPlan((short,) * count, tuple(range(count)), watched=(), is_quiet=True)
        training, begin = stopwatch(partial(Training, plan, device.name))
        took: list[float] = []
        for _ in range(_STEPS):
            yield
            took.append(stopwatch(training.step)[1])
        yield
        spent_s += begin + sum(took)
        _, step, evaluated, other, last = took
        step = min(step, other)
        parts = (begin, step, max(0.0, evaluated - step), max(0.0, last - step))
        seconds[row] = np.array(parts) / count
        if spent_s > MOST_S:
            break
    return {"seconds": seconds}


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """The result, and the CPU seconds of this thread, which leave out other processes."""
    start = thread_time()
    result = work()
    return result, thread_time() - start


def _timed_on_gpu(work: Callable[[], Result]) -> tuple[Result, float]:
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    result = work()
    end.record()
    end.synchronize()
    return result, start.elapsed_time(end) / 1e3
