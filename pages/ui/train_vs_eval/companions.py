"""Two predictions for one example: in training mode within a batch, and in eval mode."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from bnlab.figures import examples, inference
from bnlab.lab.runs.log import Run
from bnlab.lab.workers.protocol.queries import BatchDependence
from bnlab.lessons.commentary import inference as words
from bnlab.results.frames import Array, unpack
from pages.ui.shared.plot import plot
from pages.ui.train_vs_eval.address import variant_of
from pages.ui.train_vs_eval.asking import measured
from pages.ui.train_vs_eval.controls import of_section
from pages.ui.train_vs_eval.section import section
from pages.ui.train_vs_eval.session import page, set_view

_MOST_DRAWS = 200  # as BatchDependence allows
_MORE = 50  # draws at once; the first of them are the same however many are asked for
_SIZES = (2, 4, 8, 16, 32, 64, 128, 256)


@section("Two predictions for one example")
def companions(run: Run | None) -> None:
    """Redraw the rest of one test example's batch, and see which prediction changes."""
    st.markdown(
        "In training mode batch norm uses the mean and variance of the current batch, so the "
        "prediction for one example depends on which others are in the batch. In eval mode it uses "
        "the running statistics, and the others do not matter."
    )
    experiment = run.experiment if run else page.current().experiment
    facts = experiment.base.data.facts
    _controls(facts.test)
    view = page.current().view
    query = BatchDependence(
        variant=variant_of(experiment),
        example=min(view.example, facts.test) - 1,
        batch_size=min(view.companions, facts.test),
        draws=min(_MOST_DRAWS, -(-view.draws // _MORE) * _MORE),
        order=view.order,
    )
    answer = measured("companions", run, query)
    if answer is None or run is None:
        return
    left, right = st.columns([1, 2.4], gap="medium")
    with left:
        _example(run, answer, query.example + 1)
    with right:
        training = answer["training"][: view.draws]
        label = int(answer["label"])
        _draw_buttons(view.draws)
        plot(inference.predictions(training, answer["eval"], label=label), key="predictions")
        for sentence in words.predictions(training, answer["eval"], label=label):
            st.markdown(sentence)


def _controls(tests: int) -> None:
    view = page.current().view
    columns = st.columns(3, gap="medium")
    with columns[0]:
        st.number_input(
            **of_section("example"), min_value=1, max_value=tests, value=min(view.example, tests)
        )
    with columns[1]:
        size = min(view.companions, tests)
        sizes = sorted({*(offered for offered in _SIZES if offered <= tests), size})
        st.select_slider(**of_section("companions"), options=sizes, value=size)
    with columns[2]:
        orders = {"shuffled": "any examples", "sorted": "of the same class"}
        st.radio(
            **of_section("order"), options=list(orders), index=list(orders).index(view.order),
            format_func=orders.__getitem__, horizontal=True,
        )  # fmt: skip


def _draw_buttons(draws: int) -> None:
    """Earlier draws stay in the figure, which shows how much the prediction varies."""
    most = _MOST_DRAWS
    buttons = (
        ("Redraw the others", min(most, draws + 1), "casino"),
        (f"{_MORE} times at once", min(most, draws + _MORE), "fast_forward"),
        ("Clear", 1, "ink_eraser"),
    )
    with st.container(horizontal=True):
        for label, count, icon in buttons:
            st.button(
                label, key=f"draw {label}", icon=f":material/{icon}:", disabled=count == draws,
                on_click=set_view, args=("draws", count),
            )  # fmt: skip


def _example(run: Run, answer: Mapping[str, Array], number: int) -> None:
    label, raw = int(answer["label"]), answer["raw"]
    data = run.experiment.base.data
    if data.name == "digits":
        plot(examples.digit(raw, label=label, number=number), key="example")
    elif data.facts.is_drawn and run.header:
        header = unpack(run.header)[1]
        plot(
            examples.point(
                answer["input"], label=label, number=number,
                points=header["points"], classes=header["point_classes"],
            ),
            key="example",
        )  # fmt: skip
    else:
        st.markdown(f"**Example {number}** of the test set of {data.name}: class {label}.")
