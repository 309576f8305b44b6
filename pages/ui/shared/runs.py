"""Starts runs for the browser that shows a page, and finds them again."""

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

from bnlab.lab.lab import get_lab
from bnlab.lab.runs.log import Run, UnknownRunError
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError, field_at, flatten
from bnlab.spec.member import MemberSpec
from pages.ui.shared import predict
from pages.ui.shared.address import Address
from pages.ui.shared.board import this_browser
from pages.ui.shared.tab import Tab


def start(page: Tab[Any]) -> None:
    """Start the run that a page asks for and show it, or say why it cannot be started."""
    found = page.current()
    try:
        run_id = get_lab().start(found.experiment, owner=this_browser(), pace=found.pace)
    except SpecError as error:
        page.complain(str(error))
        return
    predict.keep(run_id, predict.chosen(page))
    page.attach(run_id)


def again(run: Run, page: Tab[Any]) -> None:
    """Train the experiment of a run again, with the changes made to it, and show that."""
    page.attach(get_lab().restart(run.id, keep_interventions=True, owner=this_browser()))


def find(run_id: str | None) -> Run | None:
    """The run of a link, or None when it is gone."""
    try:
        return get_lab().log.get(run_id) if run_id else None
    except UnknownRunError:
        return None


def of_link(
    found: Address, what: str, *, fits: Callable[[Run], bool] = lambda run: True
) -> Run | None:
    """The run of a page's address; when it is gone the page says so.

    Args:
        found: the address of the page.
        what: what its runs are called there: race, sweep.
        fits: whether a run is of the kind that the page shows.
    """
    run = find(found.run)
    run = run if run is not None and fits(run) else None
    if found.run and run is None:
        gone(what)
    return run


def gone(what: str) -> None:
    """Say that what a link names no longer exists, and what to do."""
    st.info(
        f"The {what} of this link is no longer here. Its settings are restored: start it again.",
        icon=":material/history:",
    )


def say_outdated(found: Address, run: Run | None, what: str) -> None:
    """Say that the controls have changed since the run on screen was started, if they have."""
    if run is not None and run.experiment != found.experiment:
        st.caption(f"The {what} below still uses the previous settings.")


def is_new(found: Address, run: Run | None) -> bool:
    """Whether the controls differ from the run on screen, which has its own Restart."""
    return run is None or run.experiment != found.experiment


def start_button(label: str, page: Tab[Any], *, is_primary: bool = True) -> None:
    """The one button that starts the run of a page."""
    st.button(
        label,
        type="primary" if is_primary else "secondary",
        icon=":material/play_arrow:",
        # Read when it is clicked: that may be before the script has run with the prediction.
        on_click=start,
        args=(page,),
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
    """What changes together between one variant and the next; empty if one thing at a time."""
    flat = [flatten(spec) for spec in experiment.specs().values()]
    for before, after in itertools.pairwise(flat):
        changed = tuple(path for path in before if before[path] != after[path])
        if len(changed) > 1:
            return titles(changed)
    return ""


def titles(paths: Iterable[str]) -> str:
    """Fields, as their controls call them."""
    return ", ".join((field_at(path, MemberSpec).title or path).lower() for path in paths)
