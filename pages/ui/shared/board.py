"""The live board as one component: what the page says to it, and what it says to the page."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import streamlit as st

from bnlab.lab.lab import get_lab
from bnlab.lab.runs.log import Run
from bnlab.live.access import browser_of, run_token
from pages.ui.shared.component import PLOTLY, component
from pages.ui.shared.tab import Tab

_component = component("board")


def this_browser() -> str:
    """The id of the browser that shows this page: the runs it starts are its own to control."""
    # Empty only where the middleware of app.py is not in front of the page.
    return browser_of(st.context.cookies, secret=get_lab().secret) or ""


def board(
    run: Run | None,
    page: Tab[Any],
    *,
    prediction: str | None = None,
    hidden: Collection[str] = (),
    key: str = "board",
) -> None:
    """Show a run, live; the page follows when the learner starts it again.

    Args:
        run: the run to show; None: nothing yet, but load what the board needs.
        page: the page in this tab, which follows a run that is started again.
        prediction: what the learner said would happen.
        hidden: controls that the link hides: transport, pace, optimizer.lr,
            statistics, restart, panels, export.
        key: distinguishes the boards of a page.
    """
    data = {
        "plotly": PLOTLY,
        "run": run.id if run else None,
        "has_ended": run is not None and run.has_ended,
        "token": run_token(run.id, secret=get_lab().secret) if run else None,
        "prediction": prediction,
        # For a list Streamlit would import pandas, to see whether it is a table: 40 MB.
        "hidden": tuple(sorted(hidden)),
    }

    def follow() -> None:
        started = st.session_state[key].get("restarted")
        if started:
            page.attach(started)

    _component(
        key=key,
        data=data,
        height="content",
        on_restarted_change=follow,
        on_changed_change=lambda: None,
    )
