"""The controls of the page: the few of the experiment in the sidebar, those of the sections."""

from __future__ import annotations

from typing import Any

import streamlit as st

from bnlab.lab.runs.log import Run
from bnlab.lessons.presets.train_vs_eval import ANSWERS, QUESTION, READY
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar, field_at
from pages.ui.shared import predict, runs
from pages.ui.shared.controls import field, pace
from pages.ui.train_vs_eval.address import Address, View
from pages.ui.train_vs_eval.session import open_ready, page, set_view

_FIELDS = ("data.name", "batch_size", "optimizer.lr", "norm.momentum")
_RUN_FIELDS = ("seed", "steps")


def sidebar(found: Address) -> None:
    """What is trained, and how fast."""
    _ready_picker(found)
    for path in _FIELDS:
        field(path, found, page)
    _layer(found)
    for path in _RUN_FIELDS:
        field(path, found, page)
    pace(found, page)


def start(found: Address, run: Run | None) -> None:
    """The question before a run and the one button that starts it, if there is anything new."""
    if not runs.is_new(found, run):
        return
    predict.ask(found, QUESTION, ANSWERS, page)
    runs.start_button("Train the network" if run is None else "Train with these settings", page)


def of_section(name: str) -> dict[str, Any]:
    """Label, key, help and what a change does, for the widget of one control of a section."""
    declared = View.model_fields[name]
    key = page.widget_key(f"view.{name}")
    return {
        "label": declared.title,
        "help": declared.description,
        "key": key,
        "on_change": lambda: set_view(name, st.session_state[key]),
    }


def _ready_picker(found: Address) -> None:
    if "preset" in found.hidden:
        return
    # A key for each choice: once a dial is turned the box is empty, so it can be chosen again.
    key = page.widget_key(f"start {found.preset}")

    def choose() -> None:
        if (name := st.session_state[key]) is not None:
            open_ready(name)

    st.selectbox(
        "Start from",
        list(READY),
        index=list(READY).index(found.preset) if found.preset else None,
        format_func=lambda name: READY[name].title,
        placeholder="Your own settings",
        key=key,
        on_change=choose,
        help="Ready experiments. Any dial can then be turned.",
    )


def _layer(found: Address) -> None:
    if "network" in found.hidden:
        return
    probe = found.experiment.probe
    depth = min(spec.network.depth for spec in found.experiment.specs().values())
    declared = field_at("probe.layer", Experiment)
    key = page.widget_key("probe.layer")
    layers: list[Scalar] = [*range(depth), "none"]
    st.selectbox(
        "Layer watched",
        layers,
        index=layers.index(probe.layer),
        format_func=lambda layer: layer if layer == "none" else f"layer {layer + 1} of {depth}",
        key=key,
        on_change=lambda: page.change(
            probe=probe.model_copy(update={"layer": st.session_state[key]}).model_dump()
        ),
        help=declared.description,
    )
