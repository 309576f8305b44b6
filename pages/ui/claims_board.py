"""The board: all claims in the order of their numbers, each with its verdict."""

from __future__ import annotations

import streamlit as st

from bnlab.claims import claims
from bnlab.claims.claim import Claim
from pages.ui.claims_address import ClaimsAddress
from pages.ui.claims_chips import chip, line
from pages.ui.claims_known import known
from pages.ui.claims_session import page


def board() -> None:
    """Every claim with its statement, and the way to its experiment."""
    for claim in claims().values():
        with st.container(border=True, gap="xsmall"):
            _entry(claim)


def _entry(claim: Claim) -> None:
    found = known(claim)
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
    findings = {finding.condition: finding for finding in found.findings}
    lines = [
        f"- {line(condition, findings[condition.name])}"
        for condition in claim.conditions
        if condition.name in findings and not condition.is_control
    ]
    st.markdown("\n".join(lines))
    st.caption(found.where)
