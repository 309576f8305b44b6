"""Whose turn it is on a worker: people in turn, and of each person the runs in turn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Advanced(Protocol):
    """What takes turns."""

    run_id: str

    @property
    def due_s(self) -> float:
        """When, on `time.perf_counter`, it wants to advance; infinity when it rests."""


Run = TypeVar("Run", bound=Advanced)


class Turns(Generic[Run]):
    """Runs of several owners. An owner with many runs gets no more turns than one with one."""

    def __init__(self) -> None:
        self._owners: dict[str, dict[str, Run]] = {}  # the run whose turn is next first

    def add(self, owner: str, run: Run) -> None:
        """One more run of this owner."""
        self._owners.setdefault(owner, {})[run.run_id] = run

    def get(self, run_id: str) -> Run | None:
        """The run of this id, None if it is not here."""
        return next((runs[run_id] for runs in self._owners.values() if run_id in runs), None)

    def remove(self, run_id: str) -> None:
        """The run takes no more turns; nothing if it is not here."""
        for owner, runs in list(self._owners.items()):
            runs.pop(run_id, None)
            if not runs:
                del self._owners[owner]

    def __iter__(self) -> Iterator[Run]:
        return (run for runs in list(self._owners.values()) for run in list(runs.values()))

    def due(self, owner: str, now_s: float) -> Run | None:
        """The next run of this owner that wants to advance; it then goes behind its others."""
        runs = self._owners.get(owner, {})
        for run_id, run in runs.items():
            if run.due_s <= now_s:
                runs[run_id] = runs.pop(run_id)
                return run
        return None

    def owners(self) -> tuple[str, ...]:
        """Everybody who has runs here, in the order of their turns."""
        return tuple(self._owners)
