"""Every textbook claim about batch norm, put to the test."""

import streamlit as st

from bnlab.claims import claim as claim_of
from pages.ui import claims_text
from pages.ui.claims_board import board
from pages.ui.claims_session import page

found = page.current()

if problem := page.take_problem():
    st.error(problem, icon=":material/error:")

if found.claim is None:
    st.header("Every claim, put to the test", anchor=False)
    st.markdown(
        "Textbooks say many things of batch norm. Here each of them is an experiment that you can "
        "run yourself. The verdict follows from what your networks do."
    )
    board()
else:
    claim = claim_of(found.claim)
    st.page_link("claims.py", label="All claims", icon=":material/arrow_back:")
    claims_text.statement(claim)
    claims_text.method(claim)
    claims_text.why(claim)

page.publish()
