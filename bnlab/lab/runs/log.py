"""The log of runs: their records, frames and curves, for every screen that looks at them."""

from __future__ import annotations

from typing import Any, Protocol

from bnlab.lab.runs.curves import CURVE_POINTS, Cursor
from bnlab.lab.runs.memory import FRAMES_KEPT, MemoryRunLog
from bnlab.lab.runs.record import ENDINGS, Run, RunState, UnknownRunError
from bnlab.results.frames import Array, Frame, Quantity
from bnlab.results.sweeps.table import Table

__all__ = [
    "CURVE_POINTS",
    "ENDINGS",
    "FRAMES_KEPT",
    "Cursor",
    "MemoryRunLog",
    "Run",
    "RunLog",
    "RunState",
    "UnknownRunError",
]


class RunLog(Protocol):
    """What is known about runs. Every method may be called from any thread.

    Methods that take a run id raise `UnknownRunError` when there is no such run. Every change of
    a run raises its version by one or more.
    """

    def add(self, run: Run) -> None:
        """Begin the log of a new run; raises ValueError when its id is taken."""

    def get(self, run_id: str) -> Run:
        """The record of a run as it stands."""

    def runs(self) -> tuple[Run, ...]:
        """The records of all runs, oldest first."""

    def update(self, run_id: str, **changes: Any) -> Run:
        """Change fields of the record (not its ending: that is `end`); returns the new record."""

    def end(self, run_id: str, state: RunState, *, reason: str = "") -> Run:
        """Give a run its ending; the first ending stays, later ones change nothing."""

    def append(self, run_id: str, data: bytes) -> None:
        """Add a frame in its binary form: its losses and evaluations go into the curves.

        A frame of the same step as the newest takes its place; an older one is left out, and
        losses of steps that are known already are too, so a run may be repeated into its log.

        Raises:
            ValueError: the bytes are not a frame.
        """

    def frame_at(self, run_id: str, step: int | None = None) -> Frame | None:
        """The kept frame nearest before or at a step, or the newest; None before the first.

        Quantities and pictures that were not measured for that frame are filled from the nearest
        frame before it. Its curves are empty: they come from `curves_since`.
        """

    def frame_steps(self, run_id: str) -> Array:
        """Steps of the kept frames, ascending, (T,) int32: what a scrub slider can show."""

    def frames(self, run_id: str) -> tuple[Frame, ...]:
        """All kept frames as they were measured (nothing filled, without curves): for exports."""

    def curves_since(
        self, run_id: str, cursor: Cursor | None
    ) -> tuple[Cursor, dict[str, Array], bool]:
        """What a reader lacks of the curves.

        Args:
            run_id: the run.
            cursor: as the last call returned it, None at first; hashable, equal cursors get
                equal answers as long as the version stands.

        Returns:
            The new cursor; arrays by the names of `Frame`: loss_steps (T,), train_loss (M, T),
            eval_steps (E,), validation_loss, validation_accuracy and exact_accuracy (M, E);
            and whether they are the whole curves, to be put in the place of what the reader
            has, rather than a tail to be added.
        """

    def history(
        self, run_id: str, quantity: Quantity, layer: int, *, after: int = -1
    ) -> dict[str, Array]:
        """Distributions of one layer over time, from the kept frames of later steps than `after`.

        Returns:
            steps (T,) int32, counts (W, T, B), under and over (W, T) uint16,
            percentiles (W, T, 3) float32. Without such frames T and W are 0.

        Raises:
            ValueError: there is no such layer.
        """

    def statistics(self, run_id: str, unit: int, *, after: int = -1) -> dict[str, Array]:
        """Statistics of one unit of the recorded layer, from the kept frames later than `after`.

        Returns:
            steps (T,) int32; values (T, W, 6), as `results.frames.STATISTICS`; distances (T, W, 4)
            of the layer from the exact statistics, as `bnlab.lab.runs.statistics.distances` has
            them. When no layer is recorded T and W are 0.

        Raises:
            ValueError: there is no such unit.
        """

    def fill(self, run_id: str, data: bytes) -> None:
        """Add one evaluation of some cells of a sweep: see `bnlab.results.sweeps.record`.

        Raises:
            ValueError: the bytes are no evaluation of its cells, or the run is a race.
        """

    def table(self, run_id: str) -> Table:
        """What a sweep has measured so far; the same arrays for all who read the same state.

        Raises:
            ValueError: the run is a race.
        """

    def version(self, run_id: str) -> int:
        """A number that grows with every change of the run."""

    def wait(self, run_id: str, version: int, *, timeout_s: float) -> int:
        """Block until the run's version is above the given one, or the time is over.

        Returns:
            The version as it stands.
        """

    async def wait_for(self, run_id: str, version: int) -> int:
        """Wait, in an event loop, until the run's version is above the given one; returns it."""
