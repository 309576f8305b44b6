"""The records of all tests of claims, for every screen that shows them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bnlab.lab.claim_tests.record import ClaimRun
from bnlab.lab.runs.records import Entry, Records


class ClaimLog(Records[ClaimRun, Entry[ClaimRun]]):
    """Records of claim runs; of those that have ended only the newest are kept.

    Args:
        most_ended: how many that have ended are kept.
        most_bytes: what their evidence may take in memory, all together.
    """

    def __init__(self, *, most_ended: int = 50, most_bytes: int = 64 * 2**20) -> None:
        super().__init__()
        self._most_ended, self._most_bytes = most_ended, most_bytes

    def add(self, run: ClaimRun) -> None:
        """Begin the record of a claim run."""
        with self._changed:
            self._entries[run.id] = Entry(run, run.version)
            self._make_room()

    def change(self, run_id: str, **changes: Any) -> ClaimRun:
        """Change fields of a record; one that has ended no longer changes."""
        with self._changed:
            entry = self._entry(run_id)
            if entry.run.has_ended:
                return entry.run
            entry.run = replace(entry.run, **changes, version=entry.version + 1)
            self._wake(entry)
            return entry.run

    def _make_room(self) -> None:
        ended = [entry.run for entry in self._entries.values() if entry.run.has_ended]
        total = sum(map(_nbytes, ended))
        while len(ended) > self._most_ended or total > self._most_bytes:
            gone = ended.pop(0)
            total -= _nbytes(gone)
            self._wake(self._entries.pop(gone.id))


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
