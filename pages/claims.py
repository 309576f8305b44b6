"""Every textbook claim about batch norm, put to the test."""

import streamlit as st

from bnlab.claims import claim as claim_of
from pages.ui.claims.board import board
from pages.ui.claims.claim import one_claim
from pages.ui.claims.session import page

found = page.current()

page.say_problem()

if found.claim is None:
    st.header("Every claim, put to the test", anchor=False)
    st.markdown(
        "Textbooks say many things about batch norm. Here each of them is an experiment that you "
        "run yourself: real networks, the same start on both sides, an interval over the seeds, "
        "and a rule for the verdict that was fixed before. What the release measured stands here "
        "until you have run a claim yourself."
    )
    board()
    page.publish()
else:
    complete = one_claim(found, claim_of(found.claim))
    page.publish()
    complete()
