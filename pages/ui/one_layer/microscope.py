"""The microscope: one unit of a run, followed while it trains, on the numbers of its layer."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import streamlit as st

from bnlab.by_hand.layer_example import LayerExample
from bnlab.figures.microscope import microscope_figures
from bnlab.figures.theme import variant_colours
from bnlab.lab.lab import get_lab
from bnlab.lab.runs.log import Run, UnknownRunError
from bnlab.lab.workers.protocol.commands import Command, Pace, Resume, RunEndedError, parse_command
from bnlab.live.access import run_token
from bnlab.spec.fields import SpecError, refusal, shown
from bnlab.spec.member import parse
from pages.ui.shared import runs
from pages.ui.shared.board import this_browser
from pages.ui.shared.component import PLOTLY, component

Followed = dict[str, str]  # run, variant, layer and unit (from 0), as in a link
Moved = Callable[[Followed], None]

_component = component("microscope")
_log = logging.getLogger(__name__)
# Steps per second of a run that is followed from its start; it is read five times a second.
_WATCHED_PACE = 20.0
_BEGINS, _PROBLEM, _LOOKS = (f"microscope {what}" for what in ("begins", "problem", "looks"))


def microscope(
    run: str,
    *,
    variant: str = "",
    layer: str = "",
    unit: str = "",
    moved: Moved,
    key: str = "microscope",
) -> LayerExample | None:
    """Follow one unit of a run.

    Args:
        run: its id.
        variant, layer, unit: where to look, as in a link; a missing or wrong one is replaced by
            the first.
        moved: called when the learner looks at another unit, or starts the run again.
        key: distinguishes the microscopes of a page.

    Returns:
        The minibatch that the learner has just held, with gamma, beta, eps and the upstream
        gradient of that moment; None in every other run of the script.
    """
    found = runs.find(run)
    if found is None:
        st.info(
            "The run of this link is no longer here. Start a race and look inside it.",
            icon=":material/history:",
        )
        return None
    place, problem = _place(found, {"variant": variant, "layer": layer, "unit": unit})
    for sentence in filter(None, (problem, st.session_state.pop(_PROBLEM, None))):
        st.warning(sentence, icon=":material/warning:")
    said = _component(
        key=key,
        data=_data(found, place),
        height="content",
        on_look_change=lambda: _look(found, st.session_state[key].get("look"), moved),
        on_again_change=lambda: _again(found, place, moved),
        on_begun_change=lambda: _begun(st.session_state[key].get("begun")),
        on_command_change=lambda: _obey(found, st.session_state[key].get("command")),
        on_held_change=lambda: None,
    )
    return _held(said.get("held"))


def first_place(run: Run) -> Followed:
    """Where to look first in a run: the first unit with batch norm."""
    specs = run.experiment.specs()
    variant = next((name for name, spec in specs.items() if spec.norm.is_batch), None)
    return {"run": run.id, "variant": variant or next(iter(specs)), "layer": "0", "unit": "0"}


def _place(run: Run, asked: Followed) -> tuple[Followed, str]:
    """Where to look, and what was wrong with the link."""
    place, specs, problems = first_place(run), run.experiment.specs(), []
    if asked["variant"] in specs:
        place["variant"] = asked["variant"]
    elif asked["variant"]:
        names = ", ".join(specs)
        problems.append(str(refusal("variant", shown(asked["variant"]), f"one of {names}")))
    network = specs[place["variant"]].network
    for name, count in (("layer", network.depth), ("unit", network.width)):
        text = asked[name]
        if text.isdecimal() and len(text) < 6 and int(text) < count:
            place[name] = text
        elif text:
            problems.append(str(refusal(name, shown(text), f"0 to {count - 1}")))
    return place, " ".join(problems)


def _data(run: Run, place: Followed) -> dict[str, Any]:
    colours = variant_colours(tuple(run.experiment.variants))
    variants = [
        {
            "name": name,
            "colour": colours[name],
            "norm": spec.norm.kind,
            "depth": spec.network.depth,
            "width": spec.network.width,
            "placement": spec.network.norm_placement,
        }
        for name, spec in run.experiment.specs().items()
    ]
    return {
        "plotly": PLOTLY,
        "figures": json.dumps(microscope_figures()),
        "run": run.id,
        "token": run_token(run.id, secret=get_lab().secret),
        "variants": json.dumps(variants),
        "place": json.dumps(place),
        "looks": st.session_state.get(_LOOKS, 0),
        "pace": run.pace,
        "can_command": bool(run.owner) and run.owner == this_browser(),
        "begins": st.session_state.get(_BEGINS) == run.id,
    }


# --- what the learner asks for -------------------------------------------------------------------


def _look(run: Run, text: str | None, moved: Moved) -> None:
    """Follow another unit; its name is checked when the page reads it."""
    asked = _read(text)
    st.session_state[_LOOKS] = asked.get("n", 0)
    moved(
        {"run": run.id, **{name: str(asked.get(name, "")) for name in ("variant", "layer", "unit")}}
    )


def _again(run: Run, place: Followed, moved: Moved) -> None:
    """Train the run again, paused before its first step until the unit has been shown."""
    lab, owner = get_lab(), this_browser()
    try:
        if run.owner == owner:
            new = lab.restart(run.id, keep_interventions=True, is_paused=True)
        else:
            new = lab.start(
                run.experiment,
                owner=owner,
                pace=run.pace,
                interventions=run.interventions,
                is_paused=True,
            )
    except (SpecError, UnknownRunError) as error:
        st.session_state[_PROBLEM] = str(error)
        return
    if not 0 < run.pace <= _WATCHED_PACE:
        _command(new, Pace(steps_per_s=_WATCHED_PACE))
    st.session_state[_BEGINS] = new
    moved({**place, "run": new})


def _begun(run_id: str | None) -> None:
    """The unit was shown at step 0: the run may continue."""
    if run_id is not None and st.session_state.get(_BEGINS) == run_id:
        del st.session_state[_BEGINS]
        _command(run_id, Resume())


def _obey(run: Run, text: str | None) -> None:
    """Control the run, if this browser may."""
    if run.owner != this_browser():
        return
    try:
        _command(run.id, parse_command(_read(text).get("command")))
    except SpecError as error:
        st.session_state[_PROBLEM] = str(error)


def _command(run_id: str, command: Command) -> None:
    try:
        get_lab().command(run_id, command).add_done_callback(_note_failure)
    except (RunEndedError, UnknownRunError) as error:
        _log.info("a command came too late: %s", error)


def _note_failure(done: Future[int]) -> None:
    if (error := done.exception()) is not None:
        _log.info("a command was not obeyed: %s", error)


def _held(text: str | None) -> LayerExample | None:
    """The numbers of one moment, exactly as the worker sent them to the microscope."""
    if text is None:
        return None
    numbers = _read(text)
    try:
        return parse(
            LayerExample,
            {
                "x": _column(numbers.get("x")),
                "weight": [numbers.get("weight")],
                "bias": [numbers.get("bias")],
                "eps": numbers.get("eps"),
                "grad_y": _column(numbers.get("grad_y")),
            },
        )
    except SpecError as error:
        st.error(
            f"These numbers cannot be shown in the layer example. {error}", icon=":material/error:"
        )
        return None


def _column(values: Any) -> Any:
    return [[value] for value in values] if isinstance(values, list) else values


def _read(text: str | None) -> dict[str, Any]:
    """A message of the component; it runs in a browser, so it can be anything."""
    try:
        said = json.loads(text or "{}")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
