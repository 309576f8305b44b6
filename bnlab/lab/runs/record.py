"""The record of one run: what was asked for, how far it has come, how it ended."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Literal

from bnlab.spec.experiment import Experiment
from bnlab.spec.interventions import Intervention

RunState = Literal["queued", "running", "paused", "completed", "cancelled", "failed", "interrupted"]

# How a run can end. A member that diverged is a result, not an ending.
ENDINGS: frozenset[RunState] = frozenset({"completed", "cancelled", "failed", "interrupted"})


class UnknownRunError(LookupError):
    """No run has this id: it never existed, or it was dropped to make room."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"There is no run {run_id[:40]!r} here: it may have made room for others.")


@dataclass(frozen=True)
class Run:
    """One launched experiment.

    Endings: `completed` (all steps done, or the target reached), `cancelled` (stopped by a
    person), `failed` (it, or the worker that advanced it, broke), `interrupted` (the server ended
    or could not go on). `reason` says why, in one sentence that can be shown.
    """

    experiment: Experiment
    owner: str  # id of the browser that started it and may command it
    pace: float = 0.0  # steps per second; 0: as fast as possible
    # It cannot be guessed: having it gives the right to watch.
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    created_s: float = field(default_factory=time.time)  # seconds since 1970
    state: RunState = "queued"
    reason: str = ""
    step: int = 0  # of the newest frame; of a sweep: the mean over its networks
    frames: int = 0  # measured so far; of a sweep: evaluations of parts of it
    # Made or planned, by step; replayed whenever the run is repeated.
    interventions: tuple[Intervention, ...] = ()
    claim_run_id: str = ""  # id of the claim run that started it; empty: a person did
    device: str = ""  # in words, as "CPU, 1 thread"; empty until a worker has begun
    header: bytes = b""  # packed arrays that never change: `fleet.inspect.pictures.describe`

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ENDINGS

    @property
    def steps(self) -> int:
        """Number of updates of the longest member."""
        experiment = self.experiment
        base = experiment.base.steps
        steps = experiment.axes.get("steps") or [
            changes.get("steps", base) for changes in experiment.variants.values()
        ]
        return max(map(int, steps))
