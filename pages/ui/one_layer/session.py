"""The page "One layer" in one browser tab, in step with its URL."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from bnlab.by_hand.layer_example import LayerExample
from pages.ui.one_layer.address import (
    FIRST_ADDRESS,
    Picked,
    read,
    refitted,
    result_of,
    step_of,
    write,
)
from pages.ui.shared.tab import PageTab

page = PageTab("one layer", read=read, write=write, fallback=lambda query: FIRST_ADDRESS)

PROBLEM = "layer problem"  # key of st.session_state: what was wrong with the last draft


def put(example: LayerExample) -> None:
    """Put a layer example on the page, at the step and number where the learner is."""
    found = page.current()
    st.session_state[PROBLEM] = None
    page.put(replace(found, example=example, picked=refitted(found.picked, example)))


def show(name: str) -> None:
    """Advance to the step that computes these numbers, if it is still ahead, and pick one."""
    found = page.current()
    step = step_of(name)
    picked = refitted(Picked(name, result_of(step).index), found.example)
    page.put(replace(found, step=max(found.step, step), picked=picked))


def follow(place: dict[str, str]) -> None:
    """Have the microscope on this unit of a run: run, variant, layer and unit, as in a link."""
    page.note(followed=tuple(place.items()))
