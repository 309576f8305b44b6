"""Published measurements on the page: a figure, what differs, the table; the paper's own run."""

from __future__ import annotations

import streamlit as st

from bnlab.claims import claim as claim_of
from bnlab.figures.published import comparison_figure
from bnlab.lessons.presets import paper
from bnlab.lessons.presets.paper import MNIST
from bnlab.lessons.published import Comparison
from bnlab.spec.user_images import facts_of
from pages.ui.claims.known import known
from pages.ui.claims.text import source_words
from pages.ui.race.address import write
from pages.ui.shared.address import Address
from pages.ui.shared.markdown import markdown_table
from pages.ui.shared.plot import plot


def show(comparison: Comparison) -> None:
    """One comparison: both sides on one axis, what differs, and the published table."""
    st.subheader(comparison.title, anchor=False)
    claim = claim_of(comparison.claim)
    found = known(claim)
    placed = comparison.placed(found.findings if found else ())
    plot(comparison_figure(comparison, placed), key=f"published {comparison.name}")
    st.caption(found.where if found and placed else "This has not been measured here yet.")
    st.markdown("\n".join(f"- {words}" for words in comparison.differs))
    with st.container(horizontal=True):
        st.page_link(
            "claims.py",
            label=f"Test it here: claim {claim.number}, {claim.title}",
            icon=":material/fact_check:",
            query_params={"claim": claim.name},
        )
    with st.expander("The published table", icon=":material/table:"):
        st.markdown(markdown_table(comparison.head, comparison.rows))
        st.markdown("\n".join(f"- {source_words(source)}" for source in comparison.source))


def papers_experiment() -> None:
    """The paper's own experiment, on MNIST if it is installed, otherwise on digits."""
    st.subheader("The paper's own experiment", anchor=False)
    facts = facts_of(MNIST)
    st.markdown(
        "Three layers of 100 sigmoids, small random weights, minibatches of 60, **50,000 steps**: "
        "Figure 1 of the batch norm paper shows the accuracy over the steps, and how the 15th, "
        "50th and 85th percentiles of the inputs to the last layer's sigmoids drift. The race "
        "shows both, live. The paper does not say which learning rate it used."
    )
    if facts is None:
        st.info(
            "MNIST is not on this machine, so this runs on the small digits. To download it, run "
            f"`python -m bnlab data {MNIST} --fetch` once on the server.",
            icon=":material/download:",
        )
    else:
        st.markdown(f"MNIST is installed: {facts.examples:,} of its images, in black and white.")
    experiment = paper.papers_experiment("digits" if facts is None else MNIST)
    st.page_link(
        "race.py",
        label="Run it as a race",
        icon=":material/timer:",
        query_params=write(Address(experiment)),
    )
