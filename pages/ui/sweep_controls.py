"""The controls of a sweep: the base network in the sidebar, and before the start how much it is."""

from __future__ import annotations

from concurrent.futures import Future

import streamlit as st

from bnlab.experiment import Experiment
from bnlab.fields import SpecError
from bnlab.lab import get_lab
from bnlab.presets.sweeps import READY_SWEEPS
from bnlab.runs.log import Run
from bnlab.sweeps.estimate import Estimate
from bnlab.sweeps.words import size_words
from pages.ui import controls, launch
from pages.ui.address import Address
from pages.ui.sweep_session import open_ready, page

_POLL_S = 0.5


def sidebar(found: Address) -> None:
    """The ready sweeps, the variants, the base network, the seeds."""
    _ready_picker(found)
    controls.variant_picker(found, tab=page)
    controls.seeds(found, tab=page)
    controls.at_hand(found, tab=page)
    for group in controls.folded(found, tab=page):
        if group == "run":
            controls.target(found, tab=page)


def start(found: Address, run: Run | None) -> None:
    """How many networks, about how long, and the one button that starts them."""
    experiment = found.experiment
    future = _estimate(experiment)
    # Asked again only until it is known: then the page runs once more, and without a clock.
    every = None if future.done() else _POLL_S
    st.fragment(
        lambda: _say(experiment, future, is_asked_again=every is not None), run_every=every
    )()
    label = _start_label(found, run)
    if label is not None:
        st.button(
            label,
            type="primary" if launch.is_new(found, run) else "secondary",
            icon=":material/play_arrow:",
            on_click=lambda: launch.start(page.current(), tab=page),
        )


def _start_label(found: Address, run: Run | None) -> str | None:
    """What the button says that starts the sweep of the controls; None: that is running."""
    if run is None:
        return "Start the sweep"
    if launch.is_new(found, run):
        return "Start a sweep with these settings"
    return "Run it again" if run.has_ended else None


def _ready_picker(found: Address) -> None:
    if "preset" in found.hidden:
        return
    # A key for each choice: once a dial is turned the box is empty, so it can be chosen again.
    key = page.widget_key(f"ready {found.preset}")

    def choose() -> None:
        if (name := st.session_state[key]) is not None:
            open_ready(name)

    st.selectbox(
        "Start from",
        list(READY_SWEEPS),
        index=list(READY_SWEEPS).index(found.preset) if found.preset else None,
        format_func=lambda name: READY_SWEEPS[name].title,
        placeholder="Your own settings",
        key=key,
        on_change=choose,
        help="Ready sweeps. Any dial can then be turned.",
    )


def _estimate(experiment: Experiment) -> Future[Estimate]:
    """How long an experiment takes here, asked once as long as it stays the same."""
    kept: tuple[Experiment, Future[Estimate]] | None = st.session_state.get("sweep estimate")
    if kept is not None and kept[0] == experiment and not _has_failed(kept[1]):
        return kept[1]
    try:
        future = get_lab().estimate(experiment)
    except SpecError as error:
        future = Future()
        future.set_exception(error)
    st.session_state["sweep estimate"] = (experiment, future)
    return future


def _say(experiment: Experiment, future: Future[Estimate], *, is_asked_again: bool) -> None:
    count = f"**{size_words(experiment)}.**"
    if not future.done():
        st.markdown(f"{count} How long that takes here is being measured…")
        return
    if is_asked_again:
        st.rerun()
    error = future.exception()
    if isinstance(error, SpecError):
        st.warning(str(error), icon=":material/warning:")
        return
    if error is not None:
        st.markdown(f"{count} How long that takes here could not be measured. {error}")
        return
    found = future.result()
    missing = (
        f" {found.unbuilt:,} of them cannot be built; their cells will say why."
        if found.unbuilt
        else ""
    )
    st.markdown(
        f"{count} {duration(found.seconds)} here, as measured on {found.measured_on}.{missing}"
    )


def duration(seconds: float) -> str:
    """A duration that is only estimated, in words.

    >>> duration(31.4), duration(150), duration(9000)
    ('About 31 s', 'About 2.5 min', 'About 2.5 h')
    """
    if seconds < 1:
        return "About 1 s"
    if seconds < 100:
        return f"About {seconds:.0f} s"
    if seconds < 6000:
        return f"About {seconds / 60:.2g} min"
    return f"About {seconds / 3600:.2g} h"


def _has_failed(future: Future[Estimate]) -> bool:
    return future.done() and not isinstance(future.exception(), SpecError | None)
