"""Records by id that many threads change and read, and waiting for their next change."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from bnlab.lab.runs.record import UnknownRunError

R = TypeVar("R")  # a record, frozen: the next one replaces it


@dataclass(eq=False)
class Entry(Generic[R]):
    """A record as it stands, and who waits for the next, each future in its event loop."""

    run: R
    version: int = 0
    waiters: dict[asyncio.Future[int], asyncio.AbstractEventLoop] = field(default_factory=dict)


E = TypeVar("E", bound=Entry[Any])


class Records(Generic[R, E]):
    """Records by id, oldest first. Every method may be called from any thread.

    Methods that take an id raise `UnknownRunError` when there is no such record. Every change of
    a record raises its version by one or more.
    """

    def __init__(self) -> None:
        self._entries: dict[str, E] = {}
        self._changed = threading.Condition(threading.RLock())

    def get(self, run_id: str) -> R:
        """The record as it stands."""
        with self._changed:
            run: R = self._entry(run_id).run
            return run

    def runs(self) -> tuple[R, ...]:
        """All records, oldest first."""
        with self._changed:
            return tuple(entry.run for entry in self._entries.values())

    def version(self, run_id: str) -> int:
        """A number that grows with every change of the record."""
        with self._changed:
            return self._entry(run_id).version

    def wait(self, run_id: str, version: int, *, timeout_s: float) -> int:
        """Block until the version is above the given one, or the time is up.

        Returns:
            The version as it stands.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._entry(run_id).version > version, timeout_s)
            return self._entry(run_id).version

    async def wait_for(self, run_id: str, version: int) -> int:
        """Wait, in an event loop, until the version is above the given one; returns it."""
        with self._changed:
            entry = self._entry(run_id)
            if entry.version > version:
                return entry.version
            loop = asyncio.get_running_loop()
            waiter: asyncio.Future[int] = loop.create_future()
            entry.waiters[waiter] = loop
        try:
            return await waiter
        finally:
            with self._changed:
                entry.waiters.pop(waiter, None)

    # --- inside: the lock is held ----------------------------------------------------------------

    def _entry(self, run_id: str) -> E:
        try:
            return self._entries[run_id]
        except KeyError:
            raise UnknownRunError(run_id) from None

    def _wake(self, entry: E) -> None:
        """The record has changed, or is gone: wake everyone who waits for that."""
        entry.version += 1
        self._changed.notify_all()
        for future, loop in entry.waiters.items():
            with suppress(RuntimeError):  # the loop was closed meanwhile, and no one waits in it
                loop.call_soon_threadsafe(_resolve, future, entry.version)
        entry.waiters.clear()


def _resolve(future: asyncio.Future[int], version: int) -> None:
    if not future.done():
        future.set_result(version)
