"""The frame of every page: title, navigation, width."""

import streamlit as st

st.set_page_config(page_title="BN Lab", page_icon=":material/science:", layout="wide")

st.navigation(
    [
        st.Page("home.py", title="Home", icon=":material/home:", default=True),
        st.Page("race.py", title="Race", icon=":material/timer:"),
    ],
    position="top",
).run()
