"""One claim on the page: predict, run, verdict, why, and then break it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from bnlab.claims.claim import Claim
from bnlab.lab.claim_tests import ClaimRun
from pages.ui.claims import dials, surface, testing, text
from pages.ui.claims.address import ClaimsAddress, turnable
from pages.ui.claims.estimate import announce
from pages.ui.claims.known import newest
from pages.ui.claims.session import page
from pages.ui.shared import runs


def one_claim(found: ClaimsAddress, claim: Claim) -> Callable[[], None]:
    """The whole page of one claim; returns what the page calls at its very end."""
    st.button(
        "All claims",
        type="tertiary",
        icon=":material/arrow_back:",
        on_click=page.put,
        args=(ClaimsAddress(),),
    )
    text.statement(claim)
    text.method(claim)
    run = testing.find(found.run)
    if run is not None and run.claim.name != claim.name:
        run = None
    if found.run and run is None:
        runs.gone("test")
    variation = run if run is not None and run.changes else None
    plain = run if variation is None else newest(claim)
    complete = _test(found, claim, plain)
    text.why(claim, is_told=plain is not None and plain.headline is not None)
    surface.surface(claim)
    complete_variation = _break_it(found, claim, variation)

    def complete_both() -> None:
        complete()
        complete_variation()

    return complete_both


def _test(found: ClaimsAddress, claim: Claim, run: ClaimRun | None) -> Callable[[], None]:
    """The claim as it stands: predict, run, verdict."""
    st.subheader("Test it", anchor=False)
    asked = replace(found, changes={})
    complete = _nothing
    if run is None or run.has_ended or not testing.is_of(run, asked):
        testing.ask(claim)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            dials.seeds(found, claim)
            _run_button("Run the test", asked, run)
        complete = announce(asked)
    if run is not None:
        testing.verdict(run)
        testing.live(run, key="claim")
    return complete


def _break_it(found: ClaimsAddress, claim: Claim, run: ClaimRun | None) -> Callable[[], None]:
    """The settings: find out what the verdict depends on."""
    if not turnable(claim):
        return _nothing
    st.subheader("Break it", anchor=False)
    st.markdown(
        "Change a setting and run the test again: under which conditions does the verdict change? "
        "The result is a variation; the board keeps the verdict of the claim as it stands."
    )
    dials.dials(found, claim)
    complete = _nothing
    if found.changes:
        st.markdown(f"**With {dials.changes_words(found.changes)}.**")
        if run is None or run.has_ended or not testing.is_of(run, found):
            _run_button("Run the variation", found, run)
            complete = announce(found)
    if run is not None:
        words = dials.changes_words(run.changes)
        st.badge(f"Variation: {words}", icon=":material/tune:", color="gray")
        testing.verdict(run)
        testing.live(run, key="claim variation")
    return complete


def _run_button(label: str, asked: ClaimsAddress, run: ClaimRun | None) -> None:
    is_new = run is None or not testing.is_of(run, asked)
    st.button(
        label if is_new else "Run it again",
        type="primary" if is_new else "secondary",
        icon=":material/play_arrow:",
        # Read when it is clicked: a setting may have changed since.
        on_click=lambda: testing.start(is_varied=bool(asked.changes)),
        key=f"{label} {page.generation}",
    )


def _nothing() -> None:
    """Wait for nothing."""
