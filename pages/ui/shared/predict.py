"""Predict first: the question before a run, answered with one click or left open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from bnlab.lessons.questions import Question
from pages.ui.shared.tab import PageTab

_SAID = "predictions"  # by run, of this tab


def keep(run_id: str, prediction: str | None) -> None:
    """Remember what was predicted for a run that starts."""
    st.session_state.setdefault(_SAID, {})[run_id] = prediction


def said_of(run_id: str | None) -> str | None:
    """What was predicted for a run in this tab; None if nothing was."""
    prediction: str | None = st.session_state.get(_SAID, {}).get(run_id)
    return prediction


def ask(
    question: Question[Any],
    page: PageTab[Any],
    *,
    about: str = "",
    format_func: Callable[[str], str] = str,
) -> None:
    """Ask what will happen; it may be left open.

    Args:
        question: with its choices.
        page: the page in this tab.
        about: distinguishes the questions of a page.
        format_func: how an answer is shown.
    """
    st.pills(
        question.text,
        question.answers,
        format_func=format_func,
        key=_key(page, about),
        help="Commit to a guess before you start, or leave it open; the page compares it with "
        "the result.",
    )


def chosen(page: PageTab[Any], *, about: str = "") -> str | None:
    """The answer that is chosen now; None if none is."""
    answer: str | None = st.session_state.get(_key(page, about))
    return answer


def _key(page: PageTab[Any], about: str) -> str:
    return page.widget_key(f"prediction {about}")
