"""A batch of one: the error that torch gives, and why."""

from __future__ import annotations

import streamlit as st

from bnlab.lab.runs.log import Run
from bnlab.lab.workers.protocol.queries import BatchDependence
from pages.ui.train_vs_eval.address import variant_of
from pages.ui.train_vs_eval.asking import ask_and_keep, complain, kept_answer
from pages.ui.train_vs_eval.section import section


@section("A batch of one")
def alone(run: Run | None) -> None:
    """Send one example through the network in training mode."""
    st.markdown("What does training mode do with a single example, without any others?")
    if run is None:
        st.caption("Train a network first: the button is at the top of the page.")
        return
    if st.button("Send one example in training mode", icon=":material/send:", key="ask alone"):
        query = BatchDependence(
            variant=variant_of(run.experiment), example=0, batch_size=1, draws=1
        )
        ask_and_keep("alone", run, query)
    answer = kept_answer("alone", run)
    if answer is None:
        return
    if answer.outcome != "refused":
        complain("alone", run, answer)
        return
    st.markdown("torch's own words:")
    st.code(answer.reason, language=None, wrap_lines=True)
    st.markdown(
        "The mean of one value is the value itself and its variance is 0, so every example would "
        "become 0 / √eps = 0: nothing of it would remain. torch refuses that rather than train "
        "on it. The usual cause is a last batch with one example in it.\n\n"
        "What to do: to predict, call `model.eval()`, which needs no other examples. To train, "
        "drop the last short batch (`drop_last=True`), use larger batches, or a norm that "
        "averages within one example: group or layer norm.\n\n"
        "Images are different: a batch of one image of shape (1, C, 4, 4) gives 16 values per "
        "channel, and torch does not refuse it."
    )
