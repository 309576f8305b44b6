"""Predict first: the question before a run, answered with one click or left open."""

from __future__ import annotations

from typing import Any

import streamlit as st

from bnlab.lessons.questions import Question
from pages.ui.shared.address import Address
from pages.ui.shared.tab import PageTab

_SAID = "predictions"  # by run, of this tab


def keep(run_id: str, prediction: str | None) -> None:
    """Remember what was predicted for a run that starts."""
    st.session_state.setdefault(_SAID, {})[run_id] = prediction


def said_of(run_id: str | None) -> str | None:
    """What was predicted for a run in this tab; None if nothing was."""
    prediction: str | None = st.session_state.get(_SAID, {}).get(run_id)
    return prediction


def ask(found: Address, question: Question[Any], page: PageTab[Any]) -> None:
    """Ask what will happen, unless the link hides the question."""
    if "predict" in found.hidden:
        return
    st.pills(
        question.text,
        question.answers,
        key=_key(page),
        help="Commit to a guess before you start; the page compares it with the result.",
    )


def chosen(page: PageTab[Any]) -> str | None:
    """The answer that is chosen now; None if none is."""
    answer: str | None = st.session_state.get(_key(page))
    return answer


def _key(page: PageTab[Any]) -> str:
    return page.widget_key("prediction")
