"""The log of runs in memory, bounded: frames thinned, the least recently watched runs dropped."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bnlab.lab.runs.curves import Cursor, Curves
from bnlab.lab.runs.frame_parts import filled, lacks, no_history, without_curves
from bnlab.lab.runs.record import ENDINGS, Run, RunState, UnknownRunError
from bnlab.lab.runs.statistics import unit_over_time
from bnlab.lab.runs.thinning import EvenlyThinned
from bnlab.lab.runs.waiting import Waiters
from bnlab.results.frames import Array, Frame, Quantity
from bnlab.results.sweeps.cells import cells_of
from bnlab.results.sweeps.record import GrowingTable
from bnlab.results.sweeps.table import Table
from bnlab.spec.fields import refusal

FRAMES_KEPT = 600
_RECORD_BYTES = 4000  # about what a record without frames takes


@dataclass(frozen=True)
class _Kept:
    """One frame, without its curves, in its binary form."""

    step: int
    quantities: frozenset[Quantity]
    data: bytes


@dataclass(eq=False)
class _Entry:
    """Everything known of one run."""

    run: Run
    curves: Curves
    watched_s: float
    table: GrowingTable | None  # of a sweep
    version: int = 0
    newest: Frame | None = None  # filled
    frames: EvenlyThinned[_Kept] = field(default_factory=lambda: EvenlyThinned(FRAMES_KEPT))
    nbytes: int = 0
    waiters: Waiters = field(default_factory=Waiters)

    def weigh(self) -> None:
        """Count the bytes again."""
        frames = sum(len(kept.data) for kept in self.frames)
        table = 0 if self.table is None else self.table.nbytes
        self.nbytes = frames + self.curves.nbytes + table + len(self.run.header) + _RECORD_BYTES


class MemoryRunLog:
    """A `RunLog` in memory, all runs together within `max_bytes`.

    When that is reached, ended runs are dropped, the least recently watched one first; when none
    is left, the run with most frames loses every second one.
    """

    def __init__(self, *, max_bytes: int = 256 * 2**20) -> None:
        self._max_bytes = max_bytes
        self._entries: dict[str, _Entry] = {}
        self._changed = threading.Condition(threading.RLock())

    # --- records ---------------------------------------------------------------------------------

    def add(self, run: Run) -> None:
        table = GrowingTable(cells_of(run.experiment)) if run.experiment.axes else None
        with self._changed:
            if run.id in self._entries:
                raise ValueError(f"There is a run {run.id!r} already.")
            entry = _Entry(run, Curves(), watched_s=time.monotonic(), table=table)
            self._entries[run.id] = entry
            self._note(entry)

    def get(self, run_id: str) -> Run:
        with self._changed:
            return self._entry(run_id).run

    def runs(self) -> tuple[Run, ...]:
        with self._changed:
            return tuple(entry.run for entry in self._entries.values())

    def update(self, run_id: str, **changes: Any) -> Run:
        with self._changed:
            entry = self._entry(run_id)
            if changes.get("state") in ENDINGS:
                raise ValueError("An ending is given by `end`.")
            if entry.run.has_ended:  # a message that was still under way
                changes.pop("state", None)
            entry.run = replace(entry.run, **changes)
            self._note(entry)
            return entry.run

    def end(self, run_id: str, state: RunState, *, reason: str = "") -> Run:
        with self._changed:
            entry = self._entry(run_id)
            if not entry.run.has_ended:
                entry.run = replace(entry.run, state=state, reason=reason)
                entry.curves.seal()
                self._note(entry)
            return entry.run

    def last_watched_s(self, run_id: str) -> float:
        """When someone last looked at the run, in seconds of `time.monotonic`."""
        with self._changed:
            return self._entry(run_id).watched_s

    # --- frames ----------------------------------------------------------------------------------

    def append(self, run_id: str, data: bytes) -> None:
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
        with self._changed:
            return np.array([kept.step for kept in self._watched(run_id).frames], np.int32)

    def frames(self, run_id: str) -> tuple[Frame, ...]:
        with self._changed:
            kept = list(self._watched(run_id).frames)
        return tuple(Frame.from_bytes(item.data) for item in kept)

    def history(
        self, run_id: str, quantity: Quantity, layer: int, *, after: int = -1
    ) -> dict[str, Array]:
        with self._changed:
            kept = [
                item
                for item in self._watched(run_id).frames
                if item.step > after and quantity in item.quantities
            ]
        frames = [Frame.from_bytes(item.data) for item in kept]
        stats = [frame.layers[quantity] for frame in frames]
        if stats and not 0 <= layer < stats[0].mean.shape[1]:
            raise refusal("layer", layer, f"0 to {stats[0].mean.shape[1] - 1}")
        if not stats:
            return no_history()
        return {
            "steps": np.array([frame.step for frame in frames], np.int32),
            "counts": np.stack([item.histogram.counts[:, layer] for item in stats], 1),
            "under": np.stack([item.histogram.under[:, layer] for item in stats], 1),
            "over": np.stack([item.histogram.over[:, layer] for item in stats], 1),
            "percentiles": np.stack([item.percentiles[:, layer] for item in stats], 1),
        }

    def statistics(self, run_id: str, unit: int, *, after: int = -1) -> dict[str, Array]:
        with self._changed:
            entry = self._watched(run_id)
            kept = [item for item in entry.frames if item.step > after]
        frames = [Frame.from_bytes(item.data) for item in kept]
        return unit_over_time(entry.run.experiment, frames, unit)

    def curves_since(
        self, run_id: str, cursor: Cursor | None
    ) -> tuple[Cursor, dict[str, Array], bool]:
        with self._changed:
            return self._watched(run_id).curves.since(cursor)

    # --- sweeps ----------------------------------------------------------------------------------

    def fill(self, run_id: str, data: bytes) -> None:
        with self._changed:
            entry = self._entry(run_id)
            table = _table(entry)
            table.fill(data)
            entry.run = replace(entry.run, step=table.mean_step, frames=entry.run.frames + 1)
            self._note(entry)

    def table(self, run_id: str) -> Table:
        with self._changed:
            return _table(self._watched(run_id)).snapshot()

    # --- waiting ---------------------------------------------------------------------------------

    def version(self, run_id: str) -> int:
        with self._changed:
            return self._entry(run_id).version

    def wait(self, run_id: str, version: int, *, timeout_s: float) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._entry(run_id).version > version, timeout_s)
            return self._entry(run_id).version

    async def wait_for(self, run_id: str, version: int) -> int:
        with self._changed:
            entry = self._watched(run_id)
            if entry.version > version:
                return entry.version
            waiter = entry.waiters.add()
        try:
            return await waiter
        finally:
            with self._changed:
                entry.waiters.discard(waiter)

    # --- inside: the lock is held ----------------------------------------------------------------

    def _entry(self, run_id: str) -> _Entry:
        try:
            return self._entries[run_id]
        except KeyError:
            raise UnknownRunError(run_id) from None

    def _watched(self, run_id: str) -> _Entry:
        entry = self._entry(run_id)
        entry.watched_s = time.monotonic()
        return entry

    def _note(self, entry: _Entry) -> None:
        """A run has changed: weigh it, make room, wake who waits for it."""
        entry.weigh()
        self._make_room(entry)
        self._wake(entry)

    def _wake(self, entry: _Entry) -> None:
        entry.version += 1
        self._changed.notify_all()
        entry.waiters.wake(entry.version)

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


def _table(entry: _Entry) -> GrowingTable:
    if entry.table is None:
        raise ValueError("This run is a race: it has frames and no table.")
    return entry.table
