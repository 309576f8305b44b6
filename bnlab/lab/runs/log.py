"""The log of runs in memory, bounded: frames thinned, the least recently watched runs dropped."""

from __future__ import annotations

import time
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bnlab.lab.runs.curves import Cursor, GrowingCurves
from bnlab.lab.runs.frame_parts import filled, history_of, lacks, without_curves
from bnlab.lab.runs.record import ENDINGS, Run, RunState, UnknownRunError
from bnlab.lab.runs.records import Entry, Records
from bnlab.lab.runs.statistics import unit_over_time
from bnlab.lab.runs.thinning import EvenlyThinned
from bnlab.results.frames import Array, Frame, Quantity
from bnlab.results.sweeps.cells import cells_of
from bnlab.results.sweeps.record import GrowingTable
from bnlab.results.sweeps.table import Table

__all__ = ["FRAMES_KEPT", "Cursor", "Run", "RunLog", "RunState", "UnknownRunError"]

FRAMES_KEPT = 600
_RECORD_BYTES = 4000  # roughly what a record without frames takes


@dataclass(frozen=True)
class _Kept:
    """One frame, without its curves, in its binary form."""

    step: int
    quantities: frozenset[Quantity]
    data: bytes


@dataclass(eq=False)
class _Entry(Entry[Run]):
    """Everything the log holds of one run."""

    curves: GrowingCurves = field(default_factory=GrowingCurves)
    watched_s: float = field(default_factory=time.monotonic)
    table: GrowingTable | None = None  # of a sweep
    newest: Frame | None = None  # with nothing missing
    frames: EvenlyThinned[_Kept] = field(default_factory=lambda: EvenlyThinned(FRAMES_KEPT))
    nbytes: int = 0

    def weigh(self) -> None:
        """Count the bytes again."""
        frames = sum(len(kept.data) for kept in self.frames)
        table = 0 if self.table is None else self.table.nbytes
        self.nbytes = frames + self.curves.nbytes + table + len(self.run.header) + _RECORD_BYTES

    def growing_table(self) -> GrowingTable:
        """The table of a sweep; raises ValueError for a race."""
        if self.table is None:
            raise ValueError("This run is a race: it has frames and no table.")
        return self.table


class RunLog(Records[Run, _Entry]):
    """Records, frames, curves and tables of runs, all together within `max_bytes`.

    When that is reached, ended runs are dropped, the least recently watched one first; when none
    is left, the run with the most frames loses every second one.
    """

    def __init__(self, *, max_bytes: int = 256 * 2**20) -> None:
        super().__init__()
        self._max_bytes = max_bytes

    # --- records ---------------------------------------------------------------------------------

    def add(self, run: Run) -> None:
        """Begin the log of a new run; raises ValueError when its id is taken."""
        table = GrowingTable(cells_of(run.experiment)) if run.experiment.axes else None
        with self._changed:
            if run.id in self._entries:
                raise ValueError(f"There is already a run {run.id!r}.")
            entry = self._entries[run.id] = _Entry(run, table=table)
            self._note(entry)

    def update(self, run_id: str, **changes: Any) -> Run:
        """Change fields of the record (not its ending: that is `end`); returns the new record."""
        with self._changed:
            entry = self._entry(run_id)
            if changes.get("state") in ENDINGS:
                raise ValueError("An ending is given by `end`.")
            if entry.run.has_ended:  # a message that was still on its way
                changes.pop("state", None)
            entry.run = replace(entry.run, **changes)
            self._note(entry)
            return entry.run

    def end(self, run_id: str, state: RunState, *, reason: str = "") -> Run:
        """Give a run its ending; the first ending stays, later ones change nothing."""
        with self._changed:
            entry = self._entry(run_id)
            if not entry.run.has_ended:
                entry.run = replace(entry.run, state=state, reason=reason)
                entry.curves.seal()
                self._note(entry)
            return entry.run

    def last_watched_s(self, run_id: str) -> float:
        """When the run was last watched, in seconds of `time.monotonic`."""
        with self._changed:
            return self._entry(run_id).watched_s

    # --- frames ----------------------------------------------------------------------------------

    def append(self, run_id: str, data: bytes) -> None:
        """Add a frame in its binary form: its losses and evaluations go into the curves.

        A frame of the same step as the newest replaces it; an older one is ignored, and so are
        losses of steps that are already there, so a run may be repeated into its log.

        Raises:
            ValueError: the bytes are not a frame.
        """
        frame = Frame.from_bytes(data)
        bare = without_curves(frame)
        kept = _Kept(frame.step, frozenset(frame.layers), bare.to_bytes())
        with self._changed:
            entry = self._entry(run_id)
            entry.curves.extend(frame)
            newest = entry.newest
            if newest is not None and frame.step < newest.step:
                return
            is_again = newest is not None and frame.step == newest.step
            if is_again:
                entry.frames.replace_newest(kept)
            else:
                entry.frames.append(kept)
            entry.newest = bare if newest is None else filled(bare, newest)
            count = entry.run.frames + (not is_again)
            entry.run = replace(entry.run, step=frame.step, frames=count)
            self._note(entry)

    def frame_at(self, run_id: str, step: int | None = None) -> Frame | None:
        """The kept frame nearest before or at a step, or the newest; None before the first.

        Quantities and pictures that were not measured for that frame are filled from the nearest
        frame before it. Its curves are empty: they come from `curves_since`.
        """
        with self._changed:
            entry = self._watched(run_id)
            if step is None or entry.newest is None or step >= entry.newest.step:
                return entry.newest
            newest, kept = entry.newest, list(entry.frames)
        position = max(0, bisect_right(kept, step, key=lambda item: item.step) - 1)
        frame = Frame.from_bytes(kept[position].data)
        for earlier in reversed(kept[:position]):
            if not lacks(frame, newest):
                break
            frame = filled(frame, Frame.from_bytes(earlier.data))
        return frame

    def frame_steps(self, run_id: str) -> Array:
        """Steps of the kept frames, ascending, (T,) int32: what a scrub slider can show."""
        with self._changed:
            return np.array([kept.step for kept in self._watched(run_id).frames], np.int32)

    def frames(self, run_id: str) -> tuple[Frame, ...]:
        """All kept frames as they were measured (nothing filled, without curves): for exports."""
        with self._changed:
            kept = list(self._watched(run_id).frames)
        return tuple(Frame.from_bytes(item.data) for item in kept)

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
        with self._changed:
            later = [item for item in self._watched(run_id).frames if item.step > after]
        kept = (item.data for item in later if quantity in item.quantities)
        return history_of([Frame.from_bytes(data) for data in kept], quantity, layer)

    def statistics(self, run_id: str, unit: int, *, after: int = -1) -> dict[str, Array]:
        """Statistics of one unit of the recorded layer, from the kept frames later than `after`.

        Returns:
            steps (T,) int32; values (T, W, 6), as `results.frames.STATISTICS`; distances (T, W, 4)
            of the layer from the exact statistics, as `bnlab.lab.runs.statistics.distances` has
            them. When no layer is recorded T and W are 0.

        Raises:
            ValueError: there is no such unit.
        """
        with self._changed:
            entry = self._watched(run_id)
            kept = [item for item in entry.frames if item.step > after]
        frames = [Frame.from_bytes(item.data) for item in kept]
        return unit_over_time(entry.run.experiment, frames, unit)

    def curves_since(
        self, run_id: str, cursor: Cursor | None
    ) -> tuple[Cursor, dict[str, Array], bool]:
        """What a reader lacks of the curves.

        Args:
            run_id: the run.
            cursor: as the last call returned it, None at first; hashable, equal cursors get
                equal answers as long as the version stays the same.

        Returns:
            The new cursor; arrays by the names of `Frame`: loss_steps (T,), train_loss (M, T),
            eval_steps (E,), validation_loss, validation_accuracy and exact_accuracy (M, E);
            and whether they are the whole curves, which replace what the reader has, rather than
            a tail to append to it.
        """
        with self._changed:
            return self._watched(run_id).curves.since(cursor)

    # --- sweeps ----------------------------------------------------------------------------------

    def fill(self, run_id: str, data: bytes) -> None:
        """Add one evaluation of some cells of a sweep: see `bnlab.results.sweeps.record`.

        Raises:
            ValueError: the bytes are not an evaluation of its cells, or the run is a race.
        """
        with self._changed:
            entry = self._entry(run_id)
            table = entry.growing_table()
            table.fill(data)
            entry.run = replace(entry.run, step=table.mean_step, frames=entry.run.frames + 1)
            self._note(entry)

    def table(self, run_id: str) -> Table:
        """What a sweep has measured so far; the same arrays for all who read the same state.

        Raises:
            ValueError: the run is a race.
        """
        with self._changed:
            return self._watched(run_id).growing_table().snapshot()

    async def wait_for(self, run_id: str, version: int) -> int:
        with self._changed:
            self._watched(run_id)
        return await super().wait_for(run_id, version)

    # --- inside: the lock is held ----------------------------------------------------------------

    def _watched(self, run_id: str) -> _Entry:
        entry = self._entry(run_id)
        entry.watched_s = time.monotonic()
        return entry

    def _note(self, entry: _Entry) -> None:
        """A run has changed: weigh it, make room, wake everyone who waits for it."""
        entry.weigh()
        self._make_room(entry)
        self._wake(entry)

    def _make_room(self, growing: _Entry) -> None:
        while sum(entry.nbytes for entry in self._entries.values()) > self._max_bytes:
            ended = [e for e in self._entries.values() if e.run.has_ended and e is not growing]
            if ended:
                oldest = min(ended, key=lambda entry: entry.watched_s)
                del self._entries[oldest.run.id]
                self._wake(oldest)
                continue
            longest = max(self._entries.values(), key=lambda entry: len(entry.frames))
            if len(longest.frames) <= 2:
                return
            longest.frames.halve()
            longest.weigh()
