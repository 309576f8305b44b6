"""The board: all claims in the order of their numbers, each with its verdict."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bnlab.claims import claims
from bnlab.claims.claim import Claim
from bnlab.claims.findings import Finding
from pages.ui.claims.address import ClaimsAddress
from pages.ui.claims.chips import chip, lines, tally
from pages.ui.claims.known import Known, known
from pages.ui.claims.session import page

MOST_LINES = 4  # of one claim; more of them are folded away


def board() -> None:
    """Every claim with its statement, what is known about it, and the way to its experiment."""
    found = [known(claim) for claim in claims().values()]
    st.markdown(f"{len(found)} claims: {tally(one.headline if one else None for one in found)}")
    for claim, one in zip(claims().values(), found, strict=True):
        with st.container(border=True, gap="xsmall"):
            _entry(claim, one)


def _entry(claim: Claim, found: Known | None) -> None:
    run = found.run if found else None
    with st.container(horizontal=True, vertical_alignment="center"):
        # No link to this same page: Streamlit would leave the browser's address as it is.
        st.button(
            f"**{claim.number}. {claim.title}**",
            type="tertiary",
            key=f"open {claim.name}",
            on_click=page.put,
            args=(ClaimsAddress(claim.name, run=run),),
        )
        chip(found.headline if found else None)
    st.markdown(claim.statement)
    if found is None:
        return
    _conditions(claim, found.findings)
    icon = "inventory_2" if run is None else "person"
    st.caption(f":material/{icon}: {found.where}")


def _conditions(claim: Claim, findings: Sequence[Finding]) -> None:
    """One line per condition; when there are many, first how often each verdict was given."""
    controls = {condition.name for condition in claim.conditions if condition.is_control}
    counted = [finding for finding in findings if finding.condition not in controls]
    said = lines(claim, counted, has_controls=False)
    if len(counted) <= MOST_LINES:
        st.markdown(said)
        return
    st.markdown(tally(finding.verdict for finding in counted))
    with st.expander(f"{len(counted)} conditions"):
        st.markdown(said)
