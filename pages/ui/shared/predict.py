"""Predict first: the question before a race, answered with one click or left open."""

import streamlit as st

from bnlab.lessons.presets import question_for
from pages.ui.race import session
from pages.ui.shared.address import Address

_SAID = "predictions"  # by run, of this tab


def keep(run_id: str, prediction: str | None) -> None:
    """Remember what was predicted of a run that starts."""
    st.session_state.setdefault(_SAID, {})[run_id] = prediction


def said_of(run_id: str | None) -> str | None:
    """What was predicted of a run in this tab; None if nothing was."""
    prediction: str | None = st.session_state.get(_SAID, {}).get(run_id)
    return prediction


def ask(found: Address) -> None:
    """Ask what will happen, if there is a question."""
    question = question_for(found.experiment)
    if "predict" in found.hidden or question is None:
        return
    st.pills(
        question.text,
        [answer.text for answer in question.answers],
        key=_key(),
        help="Commit to a guess before you start; the board comes back to it at the end.",
    )


def chosen() -> str | None:
    """The answer that is chosen now; None if none is."""
    answer: str | None = st.session_state.get(_key())
    return answer


def _key() -> str:
    return session.race.widget_key("prediction")
