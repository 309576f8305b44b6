"""The place of one worker among others, and how all of them are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bnlab.lab.workers.server.process import WorkerProcess


@dataclass(frozen=True)
class WorkersStatus:
    """How the workers are: for the page's foot and the health check."""

    alive: int  # processes
    ready: int  # of them, warm
    device: str  # in words, as "CPU, 1 thread"; empty until the first is ready
    problem: str  # in one sentence why no worker runs; empty when one does


@dataclass(eq=False)
class Slot:
    """The place of one worker: its process now, and what is on it."""

    process: WorkerProcess | None = None
    is_ready: bool = False
    has_begun: bool = False  # any run
    device: str = ""
    has_gpu: bool = False
    broken: str = ""  # what the worker said of itself before it gave up
    idle_deaths: int = 0
    runs: dict[str, None] = field(default_factory=dict)  # ids, a set that keeps its order
    kept: set[str] = field(default_factory=set)  # runs that have ended and can still be asked
    advancing: str | None = None
    piece: int | None = None  # of the sweep it is advancing


def status_of(slots: Sequence[Slot], problem: str) -> WorkersStatus:
    """How the workers in these places are, and what is wrong where none lives."""
    alive = [slot for slot in slots if slot.process is not None]
    return WorkersStatus(
        alive=len(alive),
        ready=sum(slot.is_ready for slot in alive),
        device=next((slot.device for slot in alive if slot.device), ""),
        problem="" if alive else problem,
    )
