"""The frame of every page: title, navigation, width."""

import streamlit as st

from pages.ui.shared.component import WEB

# A file, because the named icons of Streamlit come from a server elsewhere.
st.set_page_config(page_title="BN Lab", page_icon=WEB / "kit/icon.png", layout="wide")
st.html(WEB / "kit/frame.css")

st.navigation(
    [
        st.Page("home.py", title="Home", icon=":material/home:", default=True),
        st.Page("race.py", title="Race", icon=":material/timer:"),
        st.Page("sweep.py", title="Sweep", icon=":material/apps:"),
        st.Page("claims.py", title="Claims", icon=":material/fact_check:"),
        st.Page("published.py", title="Published figures", icon=":material/menu_book:"),
        st.Page("one_layer.py", title="One layer", icon=":material/calculate:"),
        st.Page("train_vs_eval.py", title="Training and inference", icon=":material/swap_horiz:"),
        st.Page("norms.py", title="What is averaged", icon=":material/grid_view:"),
    ],
    position="top",
).run()
