"""A section of the page: a click in it runs this section again, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from bnlab.lab.runs.log import Run
from pages.ui.shared import runs
from pages.ui.train_vs_eval.session import page

Body = Callable[[Run | None], None]


def section(title: str) -> Callable[[Body], Callable[[], None]]:
    """Make a section of a function that is given the run on the page, or None without one."""

    def decorate(body: Body) -> Callable[[], None]:
        @st.fragment
        def shown() -> None:
            st.subheader(title, anchor=False)
            body(runs.find(page.current().run))
            page.publish()

        return shown

    return decorate
