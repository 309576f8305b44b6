"""Records by id that many threads change and read, and waiting for their next change."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from bnlab.lab.runs.record import UnknownRunError

Waiter = asyncio.Future[int]  # of the next version
R = TypeVar("R")  # a record, frozen: the next one replaces it


@dataclass(eq=False)
class Entry(Generic[R]):
    """A record as it stands, and who waits for the next in which event loop."""

    run: R
    version: int = 0
    changed_s: float = field(default_factory=time.time)  # since 1970
    waiters: dict[asyncio.AbstractEventLoop, set[Waiter]] = field(default_factory=dict)


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

    def changed_s(self, run_id: str) -> float:
        """When the record changed last, in seconds since 1970."""
        with self._changed:
            return self._entry(run_id).changed_s

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
            waiter: Waiter = loop.create_future()
            entry.waiters.setdefault(loop, set()).add(waiter)
        try:
            return await waiter
        finally:
            with self._changed:
                entry.waiters.get(loop, set()).discard(waiter)

    # --- inside: the lock is held ----------------------------------------------------------------

    def _entry(self, run_id: str) -> E:
        try:
            return self._entries[run_id]
        except KeyError:
            raise UnknownRunError(run_id) from None

    def _wake(self, entry: E) -> None:
        """The record has changed, or is gone: wake everyone who waits for that."""
        entry.version += 1
        entry.changed_s = time.time()
        self._changed.notify_all()
        for loop, waiters in entry.waiters.items():
            with suppress(RuntimeError):  # the loop has been closed, so no one waits in it
                loop.call_soon_threadsafe(_resolve, waiters, entry.version)
        entry.waiters = {}


def _resolve(waiters: set[Waiter], version: int) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(version)
