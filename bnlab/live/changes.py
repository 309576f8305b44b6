"""One run's changes, told to all its viewers: the log is waited for once, not once a viewer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bnlab.lab.runs.record import UnknownRunError
from bnlab.lab.runs.records import Records

Wake = Callable[[], None]


class Feed:
    """The newest version of a run, and who wants to be woken by the next. For one event loop."""

    def __init__(self, log: Records[Any, Any], run_id: str) -> None:
        self.version = log.version(run_id)
        self.changed_s = time.time()  # when the version came, seconds since 1970
        self.sleepers: set[Wake] = set()
        self.task = asyncio.create_task(self._follow(log, run_id))

    async def _follow(self, log: Records[Any, Any], run_id: str) -> None:
        is_there = True
        while is_there:
            try:
                self.version = await log.wait_for(run_id, self.version)
            except UnknownRunError:
                self.version += 1  # viewers look, and find it gone
                is_there = False
            self.changed_s = time.time()
            for wake in self.sleepers:
                wake()


class Feeds:
    """The feeds of all runs that are watched just now."""

    def __init__(self, log: Records[Any, Any]) -> None:
        self._log = log
        self._feeds: dict[str, Feed] = {}

    @contextmanager
    def of(self, run_id: str, wake: Wake) -> Iterator[Feed]:
        """The feed of a run, for a viewer that wants to be woken by every change.

        Raises:
            UnknownRunError: there is no such run.
        """
        feed = self._feeds.get(run_id)
        if feed is None or feed.task.done():
            feed = self._feeds[run_id] = Feed(self._log, run_id)
        feed.sleepers.add(wake)
        try:
            yield feed
        finally:
            feed.sleepers.discard(wake)
            if not feed.sleepers:
                feed.task.cancel()
                if self._feeds.get(run_id) is feed:
                    del self._feeds[run_id]
