"""Those who wait, each in an event loop, for something that other threads change."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Waiters:
    """Futures of event loops; whoever calls holds the lock of what is waited for."""

    def __init__(self) -> None:
        self._loops: dict[asyncio.Future[int], asyncio.AbstractEventLoop] = {}

    def add(self) -> asyncio.Future[int]:
        """A future of the next version, for the running event loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[int] = loop.create_future()
        self._loops[future] = loop
        return future

    def discard(self, future: asyncio.Future[int]) -> None:
        """Who had this future does not wait any more."""
        self._loops.pop(future, None)

    def wake(self, version: int) -> None:
        """All have waited for this version."""
        for future, loop in self._loops.items():
            # A loop that was closed meanwhile has nobody left who waits.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_resolve, future, version)
        self._loops.clear()


def _resolve(future: asyncio.Future[int], version: int) -> None:
    if not future.done():
        future.set_result(version)
