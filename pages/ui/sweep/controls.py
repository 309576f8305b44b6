"""The controls of a sweep: the base network in the sidebar, and the button that starts it."""

from __future__ import annotations

import streamlit as st

from bnlab.lab.runs.log import Run
from bnlab.lessons.presets.sweeps import READY_SWEEPS
from pages.ui.shared import controls, runs
from pages.ui.shared.address import Address
from pages.ui.sweep.session import open_ready, page


def sidebar(found: Address) -> None:
    """The ready sweeps, the variants, the base network, the seeds."""
    _ready_picker(found)
    controls.variant_picker(found, page)
    controls.seeds(found, page)
    controls.at_hand(found, page)
    for group in controls.folded(found, page):
        if group == "run":
            controls.target(found, page)


def start_button(found: Address, run: Run | None) -> None:
    """The one button that starts the sweep, unless just that is running."""
    label = _start_label(found, run)
    if label is not None:
        runs.start_button(label, page, is_primary=runs.is_new(found, run))


def _start_label(found: Address, run: Run | None) -> str | None:
    """What the button says that starts the sweep of the controls; None: that is running."""
    if run is None:
        return "Start the sweep"
    if runs.is_new(found, run):
        return "Start a sweep with these settings"
    return "Run it again" if run.has_ended else None


def _ready_picker(found: Address) -> None:
    if "preset" in found.hidden:
        return
    # A key for each choice: once a dial is turned the box is empty, so it can be chosen again.
    key = page.widget_key(f"ready {found.preset}")

    def choose() -> None:
        if (name := st.session_state[key]) is not None:
            open_ready(name)

    st.selectbox(
        "Start from",
        list(READY_SWEEPS),
        index=list(READY_SWEEPS).index(found.preset) if found.preset else None,
        format_func=lambda name: READY_SWEEPS[name].title,
        placeholder="Your own settings",
        key=key,
        on_change=choose,
        help="Ready sweeps. Any dial can then be turned.",
    )
