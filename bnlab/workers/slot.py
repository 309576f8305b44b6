"""The place of one worker among others."""

from __future__ import annotations

from dataclasses import dataclass, field

from bnlab.workers.process import WorkerProcess


@dataclass(eq=False)
class Slot:
    """The place of one worker: its process now, and what is on it."""

    process: WorkerProcess | None = None
    is_ready: bool = False
    has_begun: bool = False  # any run
    device: str = ""
    broken: str = ""  # what the worker said of itself before it gave up
    idle_deaths: int = 0
    runs: dict[str, None] = field(default_factory=dict)  # ids, a set that keeps its order
    kept: set[str] = field(default_factory=set)  # runs that have ended and can still be asked
    advancing: str | None = None
