"""The controls of a race: the preset, the variants, the base network, and the button."""

from __future__ import annotations

import streamlit as st

from bnlab.lessons.presets import PRESETS, question_for
from pages.ui.race.session import open_preset, page
from pages.ui.shared import controls, predict, runs
from pages.ui.shared.address import Address


def sidebar(found: Address) -> None:
    """All controls of a race: the most used ones first, details folded away."""
    titles = {name: preset.title for name, preset in PRESETS.items()}
    controls.preset_picker(
        found, page, titles, open_preset, help="Experiments, each with a question."
    )
    controls.variant_picker(found, page)
    controls.at_hand(found, page)
    controls.seeds(found, page)
    controls.pace(found, page)
    for group in controls.folded(found, page):
        if group == "run":
            controls.target(found, page)
            st.toggle(
                value=found.experiment.stop_at_target,
                **controls.of_experiment("stop_at_target", page),
            )


def start(found: Address, *, is_first: bool) -> None:
    """The question before a race, if there is one, and the one button that starts it."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        question = question_for(found.experiment)
        if question and "predict" not in found.hidden:
            predict.ask(question, page)
        runs.start_button(
            "Start the race" if is_first else "Start a race with these settings", page
        )
