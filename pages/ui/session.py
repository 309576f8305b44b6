"""What one browser tab holds of the race page, kept equal to its URL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from bnlab.fields import Scalar, SpecError
from bnlab.spec import Experiment, parse
from pages.ui import address
from pages.ui.address import Address

# Keys of st.session_state: the address, its query parameters as last written, what was wrong
# with the last wish, and a counter that gives widgets new keys (and so new values).
_ADDRESS, _WRITTEN, _PROBLEM, _GENERATION = "address", "written", "problem", "generation"


def current() -> Address:
    """The address of this tab: from its URL when that is new, otherwise as it was left."""
    query = st.query_params.to_dict()
    if _ADDRESS not in st.session_state or (query and query != st.session_state.get(_WRITTEN)):
        try:
            _keep(address.read(query))
        except SpecError as error:
            hidden = address.known_hidden(query.get("hide", ""))  # a class's link stays one
            _keep(address.preset_address(address.FIRST_PRESET, hidden))
            complain(f"This link cannot be opened as it is. {error}")
        st.session_state[_WRITTEN] = query
    found: Address = st.session_state[_ADDRESS]
    return found


def publish() -> None:
    """Write the address of this tab into its URL, so that copying it restores the page."""
    written = address.write(current())
    if st.query_params.to_dict() != written:
        st.query_params.from_dict(written)
    st.session_state[_WRITTEN] = written


def open_preset(name: str) -> None:
    """Put a preset on the page; a run that is shown makes room for it."""
    _keep(address.preset_address(name, current().hidden))


def change_base(path: str, value: Scalar) -> None:
    """Set one field of the base network, or keep things as they are and say why."""
    base = current().experiment.base
    try:
        change(base=base.replace({path: value}).model_dump())
    except SpecError as error:
        refuse(str(error))


def change(**fields: Any) -> None:
    """Set fields of the experiment, or keep things as they are and say why."""
    found = current()
    try:
        experiment = parse(Experiment, found.experiment.model_dump() | fields)
    except SpecError as error:
        refuse(str(error))
        return
    st.session_state[_ADDRESS] = replace(found, experiment=experiment, preset=None)


def set_pace(pace: float) -> None:
    """Choose the pace of the next run."""
    st.session_state[_ADDRESS] = replace(current(), pace=pace)


def attach(run: str | None) -> None:
    """Show this run on the page, or none."""
    st.session_state[_ADDRESS] = replace(current(), run=run)


def complain(sentence: str) -> None:
    """Have the page say what was wrong, once."""
    st.session_state[_PROBLEM] = sentence


def take_problem() -> str | None:
    """What was wrong with the last wish, said once."""
    problem: str | None = st.session_state.pop(_PROBLEM, None)
    return problem


def widget_key(name: str) -> str:
    """The key of a widget; it changes whenever the values of all widgets are set anew."""
    return f"{name}@{st.session_state.get(_GENERATION, 0)}"


def _keep(arrived: Address) -> None:
    st.session_state[_ADDRESS] = arrived
    _renew_widgets()


def refuse(reason: str) -> None:
    """Say why a wish cannot be met, and set every widget back to what holds."""
    complain(f"That is not possible, so nothing was changed. {reason}")
    _renew_widgets()


def _renew_widgets() -> None:
    st.session_state[_GENERATION] = st.session_state.get(_GENERATION, 0) + 1
