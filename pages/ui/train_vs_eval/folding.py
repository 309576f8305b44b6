"""Folding for inference: batch norm disappears into the weights of the layer before it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from bnlab.figures.timing import times
from bnlab.lab.runs.log import Run
from bnlab.lab.workers.protocol.queries import Fold
from bnlab.lessons.commentary import inference as words
from bnlab.results.frames import Array
from pages.ui.shared.plot import plot
from pages.ui.train_vs_eval.address import variant_of
from pages.ui.train_vs_eval.asking import measured
from pages.ui.train_vs_eval.section import section
from pages.ui.train_vs_eval.session import page

_BATCH, _REPEATS = 64, 100


@section("Folding for inference")
def folding(run: Run | None) -> None:
    """The same network without its batch norm layers: same outputs, fewer operations."""
    st.markdown(
        "In eval mode the statistics are fixed, so batch norm multiplies every example by the same "
        "numbers and adds the same numbers. The linear layer before it can do that itself:"
    )
    st.latex(
        r"\begin{aligned} k &= \gamma \,/ \sqrt{\text{running var} + \varepsilon} \\"
        r"W' &= \operatorname{diag}(k)\, W \\ b' &= k\,(b - \text{running mean}) + \beta"
        r"\end{aligned}"
    )
    experiment = run.experiment if run else page.current().experiment
    query = Fold(variant=variant_of(experiment), batch_size=_BATCH, repeats=_REPEATS)
    answer = measured("folding", run, query, is_repeatable=True)
    if answer is None:
        return
    st.markdown(_table(answer))
    seconds = {"with batch norm": answer["seconds_before"], "folded": answer["seconds_after"]}
    plot(times(seconds), key="folding")
    st.markdown(words.folding(*seconds.values()))
    st.caption(
        f"Batches of {_BATCH}, {_REPEATS} repetitions, on this machine, while other networks may "
        "be training on it. In a network as small as this one most of the time goes into starting "
        "each operation, so fewer of them count for more than fewer multiplications."
    )


def _table(answer: Mapping[str, Array]) -> str:
    """Before and after, as a table in Markdown."""
    number = {name: float(answer[name]) for name in answer if np.ndim(answer[name]) == 0}
    return (
        "| | with batch norm | folded |\n|:--|--:|--:|\n"
        f"| operations per example | {number['operations_before']:,.0f} "
        f"| {number['operations_after']:,.0f} |\n"
        f"| learned parameters | {number['parameters_before']:,.0f} "
        f"| {number['parameters_after']:,.0f} |\n"
        f"| running statistics | {number['statistics_before']:,.0f} | 0 |\n\n"
        f"Largest difference between the logits of the two, over the whole test set: "
        f"**{number['difference']:.1e}**, where the logits go up to "
        f"{number['logits_scale']:.3g}. That is rounding."
    )
