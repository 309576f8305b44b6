"""The board: all claims in the order of their numbers, each with its verdict."""

from __future__ import annotations

import streamlit as st

from bnlab.claims import claims
from bnlab.claims.claim import Claim
from bnlab.claims.words import effect_words
from pages.ui.claims_address import ClaimsAddress, write
from pages.ui.claims_chips import chip, small_chip
from pages.ui.claims_known import known


def board() -> None:
    """Every claim with its statement, and the way to its experiment."""
    for claim in claims().values():
        with st.container(border=True, gap="xsmall"):
            _entry(claim)


def _entry(claim: Claim) -> None:
    found = known(claim)
    run = found.run if found else None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            "claims.py",
            label=f"**{claim.number}. {claim.title}**",
            query_params=write(ClaimsAddress(claim.name, run=run)),
        )
        chip(found.headline if found else None)
    st.markdown(claim.statement)
    if found is None:
        return
    lines = {finding.condition: finding for finding in found.findings}
    for condition in claim.conditions:
        if condition.name in lines and not condition.is_control:
            finding = lines[condition.name]
            verdict = f" {small_chip(finding.verdict)}" if found.headline == "depends" else ""
            st.markdown(f"{condition.name}: {effect_words(condition, finding)}{verdict}")
    st.caption(found.where)
