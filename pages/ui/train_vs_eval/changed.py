"""A changed test distribution: what statistics of other data do, and what repairs it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from bnlab.figures import inference
from bnlab.lab.runs.log import Run
from bnlab.lab.workers.protocol.queries import ShiftedInputs
from bnlab.lessons.commentary import inference as words
from pages.ui.shared.plot import plot
from pages.ui.train_vs_eval.address import variant_of
from pages.ui.train_vs_eval.asking import measured
from pages.ui.train_vs_eval.controls import of_section
from pages.ui.train_vs_eval.section import section
from pages.ui.train_vs_eval.session import page

_SHIFTS = tuple(float(shift) for shift in np.linspace(-4, 4, 17))
_SCALES = (0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)

_STATISTICS = ("running", "exact_train", "exact_changed")


@section("When the data change")
def changed(run: Run | None) -> None:
    """Shift and scale the test inputs, and compare three kinds of statistics."""
    st.markdown(
        "A different camera, a different lamp: every input of the test set is scaled and shifted. "
        "The network is not retrained; only the means and variances of its batch norm layers "
        "are taken from other data. Where batch norm follows the first linear layer, statistics of "
        "the new data remove a common shift and scale again, exactly."
    )
    _sliders()
    view = page.current().view
    experiment = run.experiment if run else page.current().experiment
    shifts, scales = sorted({*_SHIFTS, view.shift}), sorted({*_SCALES, view.scale})
    query = ShiftedInputs(
        variant=variant_of(experiment),
        shifts=(*shifts, *(view.shift for _ in scales), 0.0),
        scales=(*(view.scale for _ in shifts), *scales, 1.0),
    )
    answer = measured("changed", run, query)
    if answer is None:
        return
    over_shift = {name: answer[name][: len(shifts)] for name in _STATISTICS}
    over_scale = {name: answer[name][len(shifts) : -1] for name in _STATISTICS}
    here = {name: float(over_shift[name][shifts.index(view.shift)]) for name in _STATISTICS}
    usual = float(answer["running"][-1])
    st.markdown(words.changed(here, shift=view.shift, scale=view.scale, usual=usual))
    columns = st.columns(2, gap="medium")
    with columns[0]:
        figure = inference.changed(
            np.array(shifts), over_shift, axis="shift", chosen=view.shift, fixed=view.scale
        )
        plot(figure, key="changed shift")
    with columns[1]:
        figure = inference.changed(
            np.array(scales), over_scale, axis="scale", chosen=view.scale, fixed=view.shift
        )
        plot(figure, key="changed scale")


def _sliders() -> None:
    view = page.current().view
    columns = st.columns(2, gap="medium")
    with columns[0]:
        st.slider(**of_section("shift"), min_value=-4.0, max_value=4.0, value=view.shift, step=0.25)
    with columns[1]:
        st.select_slider(
            **of_section("scale"), options=sorted({*_SCALES, view.scale}), value=view.scale,
            format_func=lambda scale: f"{scale:g}",
        )  # fmt: skip
