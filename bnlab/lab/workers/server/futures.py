"""Futures computed from the results of others, without a thread that waits for them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def combined(parts: Sequence[Future[A]], make: Callable[[list[A]], B]) -> Future[B]:
    """A future of `make` of the results of all parts; it fails as the first part that fails.

    It cannot be cancelled.
    """
    whole: Future[B] = Future()
    whole.set_running_or_notify_cancel()
    done = itertools.count(1)  # its next() is atomic

    def finish(_: Future[A]) -> None:
        if next(done) < len(parts):
            return
        try:
            whole.set_result(make([part.result() for part in parts]))
        except Exception as error:  # noqa: BLE001  the future carries it
            whole.set_exception(error)

    for part in parts:
        part.add_done_callback(finish)
    return whole


def then(part: Future[A], make: Callable[[A], B]) -> Future[B]:
    """A future of `make` of the result of another."""
    return combined([part], lambda results: make(*results))
