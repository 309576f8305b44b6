"""How long something takes here: said when the workers have measured it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

import streamlit as st

_PATIENCE_S = 30.0  # busy workers answer late
_LOOK_S = 0.25


def say_when_known(
    future: Future[Any], words: Callable[[], str], *, before: str = ""
) -> Callable[[], None]:
    """Say what is known about a duration, and the rest when the workers have measured it.

    Args:
        future: what they measure.
        words: the whole sentence, once that is done.
        before: what can be said at once.

    Returns:
        What the page calls at its end: it waits for the workers, and completes the sentence.
    """
    place = st.empty()
    if future.done():
        place.markdown(words())
        return lambda: None
    waiting = f"{before}How long that takes here is being measured…"
    place.markdown(waiting)

    def complete() -> None:
        until = time.monotonic() + _PATIENCE_S
        while not wait([future], _LOOK_S).done and time.monotonic() < until:
            # A click made meanwhile is noticed here, and ends this run of the page.
            place.markdown(waiting)
        if future.done():
            place.markdown(words())
        else:
            place.markdown(f"{before}How long that takes is unknown: the workers are very busy.")

    return complete


def duration(seconds: float) -> str:
    """A duration that is only estimated, in words.

    >>> duration(31.4), duration(150), duration(9000)
    ('About 31 s', 'About 2.5 min', 'About 2.5 h')
    """
    if seconds < 1:
        return "About 1 s"
    if seconds < 100:
        return f"About {seconds:.0f} s"
    if seconds < 6000:
        return f"About {seconds / 60:.2g} min"
    return f"About {seconds / 3600:.2g} h"
