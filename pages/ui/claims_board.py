"""The board: all claims in the order of their numbers, each with its verdict."""

from __future__ import annotations

import streamlit as st

from bnlab.claims import claims
from bnlab.claims.claim import Claim
from pages.ui.claims_address import ClaimsAddress, write


def board() -> None:
    """Every claim with its statement, and the way to its experiment."""
    for claim in claims().values():
        with st.container(border=True, gap="xsmall"):
            _entry(claim)


def _entry(claim: Claim) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            "claims.py",
            label=f"**{claim.number}. {claim.title}**",
            query_params=write(ClaimsAddress(claim.name)),
        )
    st.markdown(claim.statement)
