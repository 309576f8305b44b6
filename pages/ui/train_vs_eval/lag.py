"""The first steps: running statistics still contain their initial values."""

from __future__ import annotations

import streamlit as st

from bnlab.figures import inference
from bnlab.lab.lab import get_lab
from bnlab.lab.runs.log import Run
from bnlab.lessons.commentary import inference as words
from bnlab.lessons.presets.train_vs_eval import SLOW_AVERAGES
from bnlab.results.curves import Curves, members_of
from pages.ui.shared import runs
from pages.ui.shared.plot import plot
from pages.ui.train_vs_eval.address import variant_of
from pages.ui.train_vs_eval.section import section
from pages.ui.train_vs_eval.session import open_preset, page


@section("The first steps")
def lag(run: Run | None) -> None:
    """Accuracy with running and with exact statistics, as measured in the run."""
    st.markdown(
        "Running statistics begin at mean 0 and variance 1. After $k$ steps with momentum $m$ "
        "they still hold the share $(1-m)^k$ of that. With $m = 0.01$ it is 90 % after ten "
        "steps; with torch's $m = 0.1$, 35 %. Exact statistics have no memory."
    )
    is_slow = run is not None and run.experiment == SLOW_AVERAGES.experiment
    if not is_slow and st.button(
        "Train with slow averages (momentum 0.01)", icon=":material/play_arrow:", key="train slow"
    ):
        open_preset(SLOW_AVERAGES.name)
        runs.start(page)
        st.rerun()
    if run is None:
        return
    if not run.has_ended:
        # Pressing it runs this section again, with what has been measured by then.
        st.button("Update the figure", icon=":material/refresh:", key="draw lag")
    curves = Curves.from_arrays(get_lab().log.curves_since(run.id, None)[1])
    first = members_of(run.experiment)[variant_of(run.experiment)].start
    member = first + run.experiment.probe.seed
    is_trained = curves.eval_steps > 0
    if not is_trained.any():
        st.caption("Nothing has been measured yet.")
        return
    steps = curves.eval_steps[is_trained]
    accuracies = {
        "running": curves.validation_accuracy[member, is_trained],
        "exact": curves.exact_accuracy[member, is_trained],
    }
    plot(inference.first_steps(steps, last=run.steps, **accuracies), key="lag")
    st.markdown(" ".join(words.first_steps(steps, **accuracies)))
