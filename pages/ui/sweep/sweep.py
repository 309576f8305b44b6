"""A sweep on the page, live: what the page says to its component, and what it says to the page."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from typing import Any, get_args

import streamlit as st

from bnlab.lab.lab import get_lab
from bnlab.lab.runs.log import Run
from bnlab.live.access import run_token
from bnlab.results.sweeps.axes import End, extended
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError, refusal
from bnlab.spec.member import parse
from pages.ui.shared import runs
from pages.ui.shared.component import PLOTLY, component
from pages.ui.sweep.session import page

_component = component("sweep")
_KEY = "sweep"


def sweep(run: Run | None, *, hidden: Collection[str] = ()) -> None:
    """Show a sweep, live; the page follows when the learner extends an axis.

    Args:
        run: the sweep to show; None: nothing yet, but load what it needs.
        hidden: controls that the link hides: transport, export.
    """
    data: dict[str, Any] = {
        "plotly": PLOTLY,
        "run": run.id if run else None,
        "has_ended": run is not None and run.has_ended,
        "token": run_token(run.id, secret=get_lab().secret) if run else None,
        "hidden": tuple(sorted(hidden)),
    }

    def extend() -> None:
        pressed = st.session_state[_KEY].get("extended")
        if pressed and run is not None:
            wish = json.loads(pressed)
            _extend(run.experiment, wish.get("path"), wish.get("end"))

    _component(
        key=_KEY,
        data=data,
        height="content",
        on_extended_change=extend,
        on_changed_change=lambda: None,
    )


def _extend(experiment: Experiment, path: str, end: End) -> None:
    """Start a sweep with one axis extended at one end, or say why that cannot be."""
    try:
        if path not in experiment.axes:
            raise refusal("path", f"{path!r}", f"one of {', '.join(experiment.axes)}")
        if end not in get_args(End):
            raise refusal("end", f"{end!r}", f"one of {', '.join(get_args(End))}")
        values = experiment.axes[path]
        numbers = tuple(value for value in values if not isinstance(value, str))
        axes = experiment.axes | {path: extended(numbers, end=end)}
        wider = parse(Experiment, experiment.model_dump() | {"axes": axes})
    except SpecError as error:
        page.complain(f"The axis cannot be extended. {error}")
        return
    page.put(replace(page.current(), experiment=wider, preset=None))
    runs.start(page)
