"""The axes of a sweep: which field varies, from what to what, and over how many values."""

from __future__ import annotations

from typing import Any

import streamlit as st

from bnlab.results.sweeps.axes import AxisField, Scale, axis_field, spread, sweepable
from bnlab.results.sweeps.typed import typed_values
from bnlab.spec.experiment import MAX_AXIS_VALUES, MIN_AXIS_VALUES, Experiment
from bnlab.spec.fields import Scalar, SpecError
from bnlab.spec.links import to_query
from pages.ui.shared.address import Address
from pages.ui.shared.controls import STOPS, shown
from pages.ui.sweep.address import in_order
from pages.ui.sweep.session import page, set_axis

_SCALES: tuple[Scale, ...] = ("log", "linear")
_NONE = "None: one axis only"
_FIRST_COUNT = 7  # values of an axis that is new
_STOP_COUNT = 21  # of a slider, for a field whose own slider has none


def axes(found: Address) -> None:
    """The controls of both axes, side by side."""
    if "axes" in found.hidden:
        return
    paths = (*found.experiment.axes, None)[:2]
    for place, (column, path) in enumerate(zip(st.columns(2), paths, strict=False)):
        with column, st.container(border=True):
            _axis(found.experiment, place, path)


def _axis(experiment: Experiment, place: int, path: str | None) -> None:
    _field_picker(experiment, place, path)
    if path is None:
        st.caption("With one axis the results are drawn as curves, with two as maps.")
        return
    field, values = axis_field(path), experiment.axes[path]
    if field.is_number:
        _range(place, field, tuple(value for value in values if not isinstance(value, str)))
    else:
        _choices(place, field, values)
    _exactly(experiment, place, path)


def _field_picker(experiment: Experiment, place: int, path: str | None) -> None:
    taken = {p for p in experiment.axes if p != path}
    taken |= {p for changes in experiment.variants.values() for p in changes}
    titles = {field.path: field.title for field in sweepable() if field.path not in taken}
    options = list(titles)
    is_optional = place == 1 or len(experiment.axes) > 1
    key = page.widget_key(f"axis {place} {path}")

    def choose() -> None:
        chosen = st.session_state[key]
        values = () if chosen == _NONE else _first_values(axis_field(chosen))
        set_axis(place, None if chosen == _NONE else chosen, values)

    st.selectbox(
        f"Axis {place + 1}",
        [*options, _NONE] if is_optional else options,
        index=options.index(path) if path is not None else len(options),
        format_func=lambda p: titles.get(p, p),
        key=key,
        on_change=choose,
        help=axis_field(path).description if path is not None else "A second field to vary.",
    )


def _first_values(field: AxisField) -> tuple[Scalar, ...]:
    """The values of an axis that is new."""
    if not field.is_number:
        return field.choices[:MAX_AXIS_VALUES]
    return _evenly(field, *field.usual, _FIRST_COUNT, _default_scale(field, field.usual[0]))


def _choices(place: int, field: AxisField, values: tuple[Scalar, ...]) -> None:
    key = page.widget_key(f"choices {field.path}")
    st.session_state[key] = list(values)
    st.pills(
        "Values",
        field.choices,
        selection_mode="multi",
        format_func=shown,
        key=key,
        on_change=lambda: set_axis(
            place, field.path, tuple(c for c in field.choices if c in st.session_state[key])
        ),
    )


def _range(place: int, field: AxisField, values: tuple[int | float, ...]) -> None:
    ends_key, count_key, scale_key = (
        page.widget_key(f"{what} {field.path}") for what in ("ends", "count", "scale")
    )
    low, high = min(values), max(values)
    # Set at every run: there may be fewer than requested, and beside a word only one number.
    st.session_state[count_key] = max(MIN_AXIS_VALUES, len(values))
    st.session_state[scale_key] = _scale_of(field, values)

    def spread_out() -> None:
        first, last = st.session_state[ends_key]
        scale = st.session_state[scale_key] or _scale_of(field, values)
        scale = scale if first > 0 else "linear"
        try:
            chosen = _evenly(field, first, last, st.session_state[count_key], scale)
        except SpecError as error:
            page.refuse(str(error))
        else:
            set_axis(place, field.path, chosen)

    common: dict[str, Any] = {"on_change": spread_out}
    stops = sorted({*_stops(field), low, high})
    st.select_slider("From, to", stops, (low, high), format_func=shown, key=ends_key, **common)
    left, right = st.columns((3, 2), vertical_alignment="bottom")
    left.slider("How many", MIN_AXIS_VALUES, MAX_AXIS_VALUES, key=count_key, **common)
    right.segmented_control(
        "Spacing",
        _SCALES if low > 0 else _SCALES[1:],
        key=scale_key,
        help="log: each value is the one before times the same factor.",
        **common,
    )


def _exactly(experiment: Experiment, place: int, path: str) -> None:
    """The values as text: exactly those, if wanted."""
    key = page.widget_key(f"values {path}")
    st.session_state[key] = to_query(experiment)[f"axis.{path}"].replace(",", ", ")

    def read() -> None:
        try:
            values = typed_values(path, st.session_state[key])
        except SpecError as error:
            page.refuse(str(error))
        else:
            set_axis(place, path, in_order(values))
            page.put(page.current())  # the sliders above follow

    st.text_input(
        "Exactly these values", key=key, on_change=read, help="Type values, separated by commas."
    )


def _evenly(
    field: AxisField, low: float, high: float, n: int, scale: Scale
) -> tuple[int | float, ...]:
    """n values from low to high, or fewer where some would repeat; raises SpecError."""
    for count in range(n, MIN_AXIS_VALUES, -1):
        try:
            return spread(field.path, low, high, count, scale=scale)
        except SpecError:
            continue  # rounded, two of them are the same
    return spread(field.path, low, high, MIN_AXIS_VALUES, scale=scale)


def _scale_of(field: AxisField, values: tuple[int | float, ...]) -> Scale:
    """How values are spaced: log, linear, or as is usual for the field."""
    usual = _default_scale(field, min(values))
    for scale in (usual, *_SCALES):
        try:
            if spread(field.path, values[0], values[-1], len(values), scale=scale) == values:
                return scale
        except SpecError:
            continue  # not these values, then
    return usual


def _default_scale(field: AxisField, low: float) -> Scale:
    return "log" if field.is_log_by_default and low > 0 else "linear"


def _stops(field: AxisField) -> tuple[int | float, ...]:
    """Where the ends of an axis can be dragged to."""
    if field.path in STOPS:
        return tuple(stop for stop in STOPS[field.path] if not isinstance(stop, str))
    low, high = field.usual
    return _evenly(field, low, high, _STOP_COUNT, _default_scale(field, low))
