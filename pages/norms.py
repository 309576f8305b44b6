"""What each norm averages: a block of activations, cut into sets by each of them."""

import streamlit as st

from bnlab.by_hand.block.words import TITLES
from bnlab.by_hand.norms_in_use import FILTERS, uses
from pages.ui.norms import block, session
from pages.ui.shared import quiz
from pages.ui.shared.markdown import markdown_table, source_link

st.header("What is averaged", anchor=False)
st.markdown(
    "Inside a network a minibatch is a **block of numbers**: examples × channels × positions. "
    "Every norm does the same with it: subtract a mean (RMS norm skips that) and divide by a "
    "standard deviation. "
    "They differ only in **which numbers are averaged together**. "
    "Choose a norm, click any cell, and see the values it is averaged with in colour."
)

block.explore()

st.subheader("Why batch norm needs running statistics", anchor=False)
st.markdown(
    "With **batch norm** the result for one example depends on the other examples in the "
    "minibatch. At inference there may be none, so batch norm keeps running averages of mean and "
    "variance during training and uses them then. **Layer, group, instance and RMS norm** compute "
    "their statistics within the example itself, in training as at inference: they keep nothing."
)
st.page_link("train_vs_eval.py", label="See it happen: Training and inference")

st.subheader("Where each is used", anchor=False)
st.markdown(
    "The original **VGG** and **GoogLeNet** had no batch norm: both are older. Batch norm came "
    "with BN-Inception in 2015 and was added to VGG later, in the vgg-bn variants. "
    "Transformers use layer norm or RMS norm, over the features of each token separately."
)


@st.fragment
def where_used() -> None:
    """The table of networks, filtered by norm."""
    titles = TITLES | {"none": "No norm"}
    norm = st.pills("Show", FILTERS, format_func=lambda kind: titles[kind], key="norms in use")
    rows = [
        (str(use.year), use.model, f"**{titles[use.norm]}**: {use.how}", source_link(use))
        for use in uses(norm)
    ]
    st.markdown(markdown_table(("Year", "Network", "Norm", "Source"), rows))


where_used()

quiz.ask("norms", set_up=lambda question: session.set_up(question.set_up))
