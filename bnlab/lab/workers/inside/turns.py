"""Turns on a worker: round-robin over owners, and over the runs of each owner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Advanced(Protocol):
    """Anything that takes turns."""

    run_id: str

    @property
    def due_s(self) -> float:
        """When it should advance next, on `time.perf_counter`; infinity while it is idle."""


Run = TypeVar("Run", bound=Advanced)


class Turns(Generic[Run]):
    """Runs of several owners. An owner with many runs gets no more turns than any other."""

    def __init__(self) -> None:
        self._owners: dict[str, dict[str, Run]] = {}  # next run first

    def add(self, owner: str, run: Run) -> None:
        """Add a run of this owner."""
        self._owners.setdefault(owner, {})[run.run_id] = run

    def get(self, run_id: str) -> Run | None:
        """The run with this id, None if it is not here."""
        return next((runs[run_id] for runs in self._owners.values() if run_id in runs), None)

    def remove(self, run_id: str) -> None:
        """Remove a run; does nothing if it is not here."""
        for owner, runs in list(self._owners.items()):
            runs.pop(run_id, None)
            if not runs:
                del self._owners[owner]

    def __iter__(self) -> Iterator[Run]:
        return (run for runs in list(self._owners.values()) for run in list(runs.values()))

    def due(self, owner: str, now_s: float) -> Run | None:
        """The next run of this owner that is due; moves it behind the owner's other runs."""
        runs = self._owners.get(owner, {})
        for run_id, run in runs.items():
            if run.due_s <= now_s:
                runs[run_id] = runs.pop(run_id)
                return run
        return None

    def owners(self) -> tuple[str, ...]:
        """All owners with runs here, in the order of their turns."""
        return tuple(self._owners)
