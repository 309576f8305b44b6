"""Predict first: the question before a race, answered with one click or left open."""

import streamlit as st

from bnlab.presets import question_for
from pages.ui import session
from pages.ui.address import Address


def ask(found: Address, *, is_open: bool) -> str | None:
    """Ask what will happen; once a run is on, keep the answer as it was given.

    Returns:
        The text of the answer, or None when none was given.
    """
    question = question_for(found.experiment)
    if "predict" in found.hidden or question is None:
        return None
    key = session.widget_key("prediction")
    answer: str | None = st.pills(
        question.text,
        [answer.text for answer in question.answers],
        key=key,
        disabled=not is_open,
        help="Commit to a guess before you start; the board comes back to it at the end.",
    )
    return answer
