"""The first training of a worker process: what would otherwise make its first run wait."""

from __future__ import annotations

import gc

from bnlab.fleet.device import Device
from bnlab.lab.workers.inside.race import Race
from bnlab.results.frames import QUANTITIES
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import parse


def warm_up(device: Device) -> None:
    """Train a small race for a moment: the first real step of a process takes seconds."""
    race = Race(parse(Experiment, {"base": {"steps": 2, "network": {"depth": 2}}}), device=device)
    race.header()
    race.advance()
    race.look(QUANTITIES, pictures=True)
    race.close()
    # What is loaded by now stays: the garbage collector need not walk over torch again and again.
    gc.collect()
    gc.freeze()
