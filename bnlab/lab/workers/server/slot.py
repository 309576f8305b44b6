"""The slot of one worker in the pool, and the status of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bnlab.lab.workers.server.process import WorkerProcess


@dataclass(frozen=True)
class WorkersStatus:
    """The status of the workers, for the health check and the home page."""

    alive: int  # processes
    ready: int  # of them, warm
    device: str  # in words, as "CPU, 1 thread"; empty until the first is ready
    problem: str  # why no worker runs, in one sentence; empty when one does


@dataclass(eq=False)
class Slot:
    """The slot of one worker: its current process, and what runs on it."""

    process: WorkerProcess | None = None
    is_ready: bool = False
    has_begun: bool = False  # any run
    device: str = ""
    has_gpu: bool = False
    broken: str = ""  # why the worker gave up, in its own words
    idle_deaths: int = 0
    runs: dict[str, None] = field(default_factory=dict)  # ids, a set that keeps its order
    kept: set[str] = field(default_factory=set)  # runs that have ended and can still be asked
    advancing: str | None = None
    piece: int | None = None  # of the sweep it is advancing


def status_of(slots: Sequence[Slot], problem: str) -> WorkersStatus:
    """The status of the workers in these slots, and what is wrong when none is alive."""
    alive = [slot for slot in slots if slot.process is not None]
    return WorkersStatus(
        alive=len(alive),
        ready=sum(slot.is_ready for slot in alive),
        device=next((slot.device for slot in alive if slot.device), ""),
        problem="" if alive else problem,
    )
