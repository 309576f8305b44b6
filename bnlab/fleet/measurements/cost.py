"""The cost of a training step."""

from __future__ import annotations

from collections.abc import Sequence
from time import thread_time

import numpy as np
import torch

from bnlab.fleet.measurements.fleets import Measuring, fleet_of
from bnlab.spec.member import MemberSpec


@torch.inference_mode()
def step_seconds(specs: Sequence[MemberSpec], *, rounds: int = 15, steps: int = 20) -> Measuring:
    """seconds (M,): CPU time for one step of each network, trained alone.

    The networks take turns, so that other load on the machine affects all of them alike, and the
    median round counts. It is the time of this thread, not wall time, so it leaves out other
    processes. The one measurement that is not the same each time.

    Args:
        specs: the networks.
        rounds: turns of each network, after one warm-up turn.
        steps: steps in a turn.
    """
    fleets = [fleet_of([spec]) for spec in specs]
    seconds = np.zeros((rounds + 1, len(specs)))
    for turn in seconds:
        for place, fleet in enumerate(fleets):
            begun = thread_time()
            for _ in range(steps):
                fleet.step()
            turn[place] = (thread_time() - begun) / steps
            yield
    return {"seconds": np.median(seconds[1:], axis=0)}
