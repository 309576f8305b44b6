"""The networks of runs that have ended, kept for questions."""

from __future__ import annotations

from collections.abc import Callable

from bnlab.lab.workers.inside.race import Race

MOST = 16  # runs
MOST_NUMBERS = 2**25  # in all of them together: about 128 MB


class KeptRaces:
    """Keeps a bounded number of races; drops the least recently asked one first.

    Args:
        tell: called with the run id of each race that is dropped.
        most: the most races to keep.
        most_numbers: the most numbers (see `Race.numbers`) in all of them together.
    """

    def __init__(
        self,
        tell: Callable[[str], None],
        *,
        most: int = MOST,
        most_numbers: int = MOST_NUMBERS,
    ) -> None:
        self._tell = tell
        self._most, self._most_numbers = most, most_numbers
        self._races: dict[str, Race] = {}  # least recently asked first

    def keep(self, run_id: str, race: Race) -> None:
        """Keep one more, unless it is too large on its own."""
        self._races[run_id] = race
        if race.numbers > self._most_numbers:
            self.let_go(run_id)
        while len(self._races) > self._most or self._numbers > self._most_numbers:
            self.let_go(next(iter(self._races)))

    def get(self, run_id: str) -> Race | None:
        """The race of a run if it is kept; marks it as the most recently asked."""
        race = self._races.pop(run_id, None)
        if race is not None:
            self._races[run_id] = race
        return race

    def let_go(self, run_id: str) -> None:
        """Drop the race of a run."""
        self._races.pop(run_id).close()
        self._tell(run_id)

    @property
    def _numbers(self) -> int:
        return sum(race.numbers for race in self._races.values())
