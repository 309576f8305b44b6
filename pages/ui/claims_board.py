"""The board: all claims in the order of their numbers, each with its verdict."""

from __future__ import annotations

import streamlit as st

from bnlab.claims import claims
from bnlab.claims.claim import Claim
from pages.ui.claims_address import ClaimsAddress
from pages.ui.claims_chips import chip, lines
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
    st.markdown(lines(claim, found.findings, has_controls=False))
    icon = "inventory_2" if run is None else "person"
    st.caption(f":material/{icon}: {found.where}")
