"""Published measurements of batch norm, beside what the lab measures at its own scale."""

import streamlit as st

from bnlab.lessons.published import COMPARISONS
from pages.ui.published import published

st.header("Published figures beside ours", anchor=False)
st.markdown(
    "What papers measured on large networks, and what BN Lab measures on small ones, on **one "
    "axis** where both can share it. The two need not agree: **what differs** is listed below "
    "each figure. Squares are published, circles were measured here."
)

for comparison in COMPARISONS:
    published.show(comparison)

published.papers_experiment()
