"""What is known of the claims that are put to the test, for every screen that looks at them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Any

from bnlab.lab.claim_tests.record import ClaimRun
from bnlab.lab.runs.record import UnknownRunError
from bnlab.lab.runs.waiting import Waiters


@dataclass(eq=False)
class _Entry:
    run: ClaimRun
    waiters: Waiters = field(default_factory=Waiters)


class ClaimLog:
    """Records of claims by id, oldest first; every method may be called from any thread.

    Methods that take an id raise `UnknownRunError` when there is no such claim run: of those that
    have ended only the newest are kept. Every change of one raises its version.

    Args:
        most_ended: how many that have ended are kept.
        most_bytes: what their evidence may take in memory, all together.
    """

    def __init__(self, *, most_ended: int = 50, most_bytes: int = 64 * 2**20) -> None:
        self._most_ended, self._most_bytes = most_ended, most_bytes
        self._entries: dict[str, _Entry] = {}
        self._changed = threading.Condition(threading.RLock())

    def add(self, run: ClaimRun) -> None:
        """Begin the record of a claim run."""
        with self._changed:
            self._entries[run.id] = _Entry(run)
            self._make_room()

    def get(self, run_id: str) -> ClaimRun:
        """The record as it stands."""
        with self._changed:
            return self._entry(run_id).run

    def runs(self) -> tuple[ClaimRun, ...]:
        """All records, oldest first."""
        with self._changed:
            return tuple(entry.run for entry in self._entries.values())

    def change(self, run_id: str, **changes: Any) -> ClaimRun:
        """Change fields of a record; what has ended does not change any more."""
        with self._changed:
            entry = self._entry(run_id)
            if entry.run.has_ended:
                return entry.run
            entry.run = replace(entry.run, **changes, version=entry.run.version + 1)
            self._changed.notify_all()
            entry.waiters.wake(entry.run.version)
            return entry.run

    def version(self, run_id: str) -> int:
        """A number that grows with every change."""
        return self.get(run_id).version

    def wait(self, run_id: str, version: int, *, timeout_s: float) -> ClaimRun:
        """Block until the version is above the given one, or the time is over."""

        def is_newer() -> bool:
            return self._entry(run_id).run.version > version

        with self._changed:
            self._changed.wait_for(is_newer, timeout_s)
            return self._entry(run_id).run

    async def wait_for(self, run_id: str, version: int) -> int:
        """Wait, in an event loop, until the version is above the given one; returns it."""
        with self._changed:
            entry = self._entry(run_id)
            if entry.run.version > version:
                return entry.run.version
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

    def _make_room(self) -> None:
        ended = [entry.run for entry in self._entries.values() if entry.run.has_ended]
        total = sum(map(_nbytes, ended))
        while len(ended) > self._most_ended or total > self._most_bytes:
            gone = ended.pop(0)
            total -= _nbytes(gone)
            entry = self._entries.pop(gone.id)
            entry.waiters.wake(gone.version + 1)


def _nbytes(run: ClaimRun) -> int:
    """What the evidence of a claim run takes in memory."""
    evidence = run.evidence
    trained = (
        array.nbytes
        for _, table in evidence.tables.values()
        for array in (*table.values.values(), *table.at_end.values())
    )
    measured = (
        array.nbytes for _, arrays in evidence.measured.values() for array in arrays.values()
    )
    return sum(trained) + sum(measured)
