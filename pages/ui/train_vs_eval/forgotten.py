"""Accuracy in both modes, over batch size and order: what a forgotten eval() costs."""

from __future__ import annotations

import streamlit as st

from bnlab.figures import inference
from bnlab.lab.runs.log import Run
from bnlab.lab.workers.protocol.queries import Modes
from bnlab.lessons.commentary import inference as words
from bnlab.lessons.presets.train_vs_eval import FORGOTTEN_BATCH, QUESTION
from bnlab.lessons.questions import reply
from pages.ui.shared import predict
from pages.ui.shared.plot import plot
from pages.ui.train_vs_eval.address import variant_of
from pages.ui.train_vs_eval.asking import measured
from pages.ui.train_vs_eval.section import section
from pages.ui.train_vs_eval.session import page

_SIZES = (2, 4, 8, FORGOTTEN_BATCH, 32, 64, 128)


@section("If eval() is forgotten")
def forgotten(run: Run | None) -> None:
    """Measure the whole test set in training mode, cut into batches."""
    st.markdown(
        "The same network, the same test examples: only the mode differs, and how the examples "
        "are cut into batches. Small batches have noisy statistics. Batches of one class have "
        "wrong ones: what the class has in common is subtracted as the mean."
    )
    experiment = run.experiment if run else page.current().experiment
    facts = experiment.base.data.facts
    sizes = (*(size for size in _SIZES if size < facts.test), facts.test)
    answer = measured("modes", run, Modes(variant=variant_of(experiment), batch_sizes=sizes))
    if answer is None or run is None:
        return
    plot(inference.accuracy_by_batch(answer, classes=facts.classes), key="modes")
    st.markdown(words.modes(answer, classes=facts.classes, size=FORGOTTEN_BATCH))
    by_class = answer["sorted_by_class"][sizes.index(FORGOTTEN_BATCH)]
    numbers = {
        "forgotten": float(by_class),
        "eval_mode": float(answer["eval"]),
        "classes": facts.classes,
    }
    truth, said = QUESTION.true_answer(numbers), predict.said_of(run.id)
    if truth is not None and said is not None:
        st.info(reply(said, truth), icon=":material/balance:")
