"""The settings of a claim: the number of seeds, and what may change the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from bnlab.claims.claim import Claim
from bnlab.results.sweeps.words import axis_words, value_words
from bnlab.spec.fields import Scalar, field_at
from bnlab.spec.member import MemberSpec
from pages.ui.claims.address import ClaimsAddress, own_values, turnable
from pages.ui.claims.session import page, set_seeds, turn

_SEEDS = (5, 8, 12, 16, 24, 32)


def seeds(found: ClaimsAddress, claim: Claim) -> None:
    """How many seeds the tests of this page have."""
    own = claim.seeds
    key = page.widget_key(f"seeds {claim.name}")

    def choose() -> None:
        chosen = st.session_state[key]
        set_seeds(None if chosen == own else chosen)

    value = found.seeds or own
    offered = sorted({*_SEEDS, own, value})
    st.selectbox(
        "Seeds",
        offered,
        index=offered.index(value),
        format_func=lambda count: f"{count} (the claim's own)" if count == own else str(count),
        key=key,
        on_change=choose,
        width=200,
        help="Pairs of networks with different seeds: more of them make the interval narrower. "
        "Fewer than five give no verdict.",
    )


def dials(found: ClaimsAddress, claim: Claim) -> None:
    """What may change the verdict: a control for each setting, and what to watch for."""
    own = own_values(claim)
    columns = st.columns(2)
    for place, dial in enumerate(turnable(claim)):
        path = dial.path
        wired = page.wired(
            f"dial {claim.name} {path}", field_at(path, MemberSpec), partial(turn, path)
        )
        with columns[place % len(columns)]:
            st.segmented_control(
                options=dial.values,
                default=found.changes.get(path, own[path]),
                required=True,
                format_func=lambda value, own=own[path]: (
                    f"**{value_words(value)}**" if value == own else value_words(value)
                ),
                **wired,
            )
            st.caption(f"{dial.words} The claim's own: {value_words(own[path])}.")


def changes_words(changes: Mapping[str, Scalar]) -> str:
    """What was changed: "batch size 8, activation tanh"."""
    return ", ".join(f"{axis_words(path)} {value_words(value)}" for path, value in changes.items())
