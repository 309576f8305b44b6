"""The first training of a worker process, which would otherwise delay its first run."""

from __future__ import annotations

import gc

from bnlab.fleet.device import Device
from bnlab.lab.workers.inside.race import Race
from bnlab.results.frames import QUANTITIES
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import parse


def warm_up(device: Device) -> None:
    """Train a small race briefly: the first step of a process takes seconds."""
    race = Race(parse(Experiment, {"base": {"steps": 2, "network": {"depth": 2}}}), device=device)
    race.header()
    race.advance()
    race.look(QUANTITIES, pictures=True)
    race.close()
    # Everything loaded so far stays: spare the garbage collector from scanning torch repeatedly.
    gc.collect()
    gc.freeze()
