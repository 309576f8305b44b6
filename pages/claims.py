"""Every textbook claim about batch norm, tested."""

import streamlit as st

from bnlab.claims import claim as claim_of
from pages.ui.claims.board import board
from pages.ui.claims.claim import one_claim
from pages.ui.claims.session import page

found = page.current()

page.say_problem()

if found.claim is None:
    st.header("Every claim, tested", anchor=False)
    st.markdown(
        "Textbooks say many things about batch norm. Here each claim is an experiment that you can "
        "run yourself: real networks, the same initial weights on both sides, an interval over the "
        "seeds, and a rule for the verdict that was fixed in advance. Until you have tested a "
        "claim yourself, you see what was measured for the release."
    )
    board()
    page.publish()
else:
    complete = one_claim(found, claim_of(found.claim))
    page.publish()
    complete()
