"""How long the test of a claim takes here, said before it starts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

import streamlit as st

from bnlab.claims import claim as claim_of
from bnlab.lab.claim_tests import get_claim_tests
from bnlab.spec.fields import SpecError
from pages.ui.claims.address import ClaimsAddress
from pages.ui.shared.estimate import duration, say_when_known

_KEPT = "claim estimates"
_MOST_KEPT = 50


def announce(found: ClaimsAddress) -> Callable[[], None]:
    """Say how long the test that an address asks for takes; returns what the page calls last."""
    future = _estimate(found)
    return say_when_known(future, lambda: _words(future))


def _estimate(found: ClaimsAddress) -> Future[float]:
    """How long a test takes here, asked only once while it stays the same."""
    asked = repr((found.claim, found.seeds, sorted(found.changes.items())))
    kept: dict[str, Future[float]] = st.session_state.setdefault(_KEPT, {})
    before = kept.get(asked)
    if before is not None and not (before.done() and before.exception()):
        return before
    try:
        future = get_claim_tests().estimate(
            claim_of(found.claim or ""), seeds=found.seeds, changes=found.changes
        )
    except SpecError as error:
        future = Future()
        future.set_exception(error)
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    kept[asked] = future
    return future


def _words(future: Future[float]) -> str:
    error = future.exception()
    if isinstance(error, SpecError):
        return f":material/warning: **This test cannot be started.** {error}"
    if error is not None:
        return f"How long that takes here could not be measured. {error}"
    return f"{duration(future.result())} here, when nothing else is training."
