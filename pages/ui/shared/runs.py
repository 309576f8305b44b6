"""Starting a race from a page, as the browser that asks, and finding it again."""

import itertools
from collections.abc import Iterable
from typing import Any

import streamlit as st

from bnlab.lab.lab import get_lab
from bnlab.lab.runs.log import Run, UnknownRunError
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError, field_at, flatten
from bnlab.spec.member import MemberSpec
from pages.ui.race import session
from pages.ui.shared import predict
from pages.ui.shared.address import Address
from pages.ui.shared.board import this_browser
from pages.ui.shared.tab import Tab


def start(found: Address, prediction: str | None = None, *, tab: Tab[Any] = session.race) -> None:
    """Start the race of an address and show it, or say why it cannot be."""
    try:
        run_id = get_lab().start(found.experiment, owner=this_browser(), pace=found.pace)
    except SpecError as error:
        tab.complain(str(error))
        return
    predict.keep(run_id, prediction)
    tab.attach(run_id)


def again(run: Run, *, tab: Tab[Any]) -> None:
    """Train the experiment of a run again, with the changes made to it, and show that."""
    tab.attach(get_lab().restart(run.id, keep_interventions=True, owner=this_browser()))


def find(run_id: str | None) -> Run | None:
    """The run of a link, or None when it is gone."""
    try:
        return get_lab().log.get(run_id) if run_id else None
    except UnknownRunError:
        return None


def is_new(found: Address, run: Run | None) -> bool:
    """Whether the controls say something else than the run on screen; it has its own Restart."""
    return run is None or run.experiment != found.experiment


def start_button(run: Run | None) -> None:
    """The one button that starts the race on screen."""
    st.button(
        "Start the race" if run is None else "Start a race with these settings",
        type="primary",
        icon=":material/play_arrow:",
        # Read when it is clicked: that may be before the script has run with the prediction.
        on_click=lambda: start(session.race.current(), predict.chosen()),
    )


def describe(experiment: Experiment) -> str:
    """An experiment in one sentence."""
    base = experiment.base
    network = base.network
    kind = "units" if network.kind == "dense" else f"channels ({network.kind})"
    units = f"of {network.depth} × {network.width} {network.activation} {kind}"
    data = base.data.name.replace("_", " ")
    if len(experiment.variants) == 1:
        return f"One network {units} learns {data}."
    changed = titles(experiment.differences())
    what = f"They differ in: {changed}." if changed else "They do not differ."
    return f"{len(experiment.variants)} networks {units} learn {data}, side by side. {what}"


def entangled(experiment: Experiment) -> str:
    """What changes at once between one variant and the next; empty if it is one thing at a time."""
    flat = [flatten(spec) for spec in experiment.specs().values()]
    for before, after in itertools.pairwise(flat):
        changed = tuple(path for path in before if before[path] != after[path])
        if len(changed) > 1:
            return titles(changed)
    return ""


def titles(paths: Iterable[str]) -> str:
    """Fields by the names that their controls have."""
    return ", ".join((field_at(path, MemberSpec).title or path).lower() for path in paths)
