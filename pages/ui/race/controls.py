"""The controls of a race: the preset, the variants, the base network, and the button."""

from __future__ import annotations

import streamlit as st

from bnlab.lessons.presets import PRESETS, question_for
from bnlab.spec.experiment import Experiment
from pages.ui.race.session import open_preset, page
from pages.ui.shared import controls, predict, runs
from pages.ui.shared.address import Address


def sidebar(found: Address) -> None:
    """All controls of a race: the most used ones first, details folded away."""
    _preset_picker(found)
    controls.variant_picker(found, page)
    controls.at_hand(found, page)
    controls.seeds(found, page)
    controls.pace(found, page)
    for group in controls.folded(found, page):
        if group == "run":
            controls.target(found, page)
            _stop_at_target(found)


def start(found: Address, *, is_first: bool) -> None:
    """The question before a race, if there is one, and the one button that starts it."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        if question := question_for(found.experiment):
            predict.ask(found, question.text, [answer.text for answer in question.answers], page)
        runs.start_button(
            "Start the race" if is_first else "Start a race with these settings", page
        )


def _preset_picker(found: Address) -> None:
    """The presets; choosing one sets every control."""
    if "preset" in found.hidden:
        return
    # A key for each preset: once a dial is turned the box is empty, so it can be chosen again.
    key = page.widget_key(f"preset {found.preset}")

    def choose() -> None:
        if (name := st.session_state[key]) is not None:
            open_preset(name)

    st.selectbox(
        "Start from",
        list(PRESETS),
        index=list(PRESETS).index(found.preset) if found.preset else None,
        format_func=lambda name: PRESETS[name].title,
        placeholder="Your own settings",
        key=key,
        on_change=choose,
        help="Ready experiments, each with a question. Any dial can then be turned.",
    )


def _stop_at_target(found: Address) -> None:
    declared = Experiment.model_fields["stop_at_target"]
    key = page.widget_key("stop_at_target")
    st.toggle(
        declared.title or "",
        found.experiment.stop_at_target,
        key=key,
        on_change=lambda: page.change(stop_at_target=st.session_state[key]),
        help=declared.description,
    )
