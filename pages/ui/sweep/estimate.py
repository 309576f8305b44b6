"""How many networks a sweep has and how long it takes here, said before it starts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

import streamlit as st

from bnlab.lab.lab import get_lab
from bnlab.results.sweeps.estimate import Estimate
from bnlab.results.sweeps.words import size_words
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError
from pages.ui.shared.estimate import duration, say_when_known

_KEPT = "sweep estimate"


def announce(experiment: Experiment) -> Callable[[], None]:
    """Say how many networks there are, and that the duration is being measured.

    Returns:
        What the page calls at its end: it waits until the workers have measured how long it
        takes, and completes the sentence. Everything else is on the page by then.
    """
    count = f"**{size_words(experiment)}.**"
    future = _estimate(experiment)
    return say_when_known(future, lambda: _words(experiment, future), before=f"{count} ")


def _estimate(experiment: Experiment) -> Future[Estimate]:
    """How long an experiment takes here, asked only once while it stays the same."""
    kept: tuple[Experiment, Future[Estimate]] | None = st.session_state.get(_KEPT)
    if kept is not None and kept[0] == experiment and not _has_failed(kept[1]):
        return kept[1]
    try:
        future = get_lab().estimate(experiment)
    except SpecError as error:
        future = Future()
        future.set_exception(error)
    st.session_state[_KEPT] = (experiment, future)
    return future


def _words(experiment: Experiment, future: Future[Estimate]) -> str:
    count = f"**{size_words(experiment)}.**"
    error = future.exception()
    if isinstance(error, SpecError):
        return f":material/warning: **This sweep cannot be started.** {error}"
    if error is not None:
        return f"{count} How long that takes here could not be measured. {error}"
    found = future.result()
    marks = "points" if len(experiment.axes) == 1 else "cells"
    missing = (
        f" {found.unbuilt:,} of them cannot be built; their {marks} will say why."
        if found.unbuilt
        else ""
    )
    return f"{count} {duration(found.seconds)} here, as measured on {found.measured_on}.{missing}"


def _has_failed(future: Future[Estimate]) -> bool:
    return future.done() and not isinstance(future.exception(), SpecError | None)
