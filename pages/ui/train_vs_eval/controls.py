"""The controls of the page: a few of the experiment in the sidebar, and those of the sections."""

from __future__ import annotations

from typing import Any

import streamlit as st

from bnlab.lab.runs.log import Run
from bnlab.lessons.presets.train_vs_eval import PRESETS, QUESTION
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar, field_at
from pages.ui.shared import predict, runs
from pages.ui.shared.controls import field, pace, preset_picker
from pages.ui.train_vs_eval.address import Address, View
from pages.ui.train_vs_eval.session import open_preset, page, set_view

_FIELDS = ("data.name", "batch_size", "optimizer.lr", "norm.momentum")
_RUN_FIELDS = ("seed", "steps")


def sidebar(found: Address) -> None:
    """What is trained, and how fast."""
    titles = {name: preset.title for name, preset in PRESETS.items()}
    preset_picker(found, page, titles, open_preset, help="Prepared experiments.")
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
    if "predict" not in found.hidden:
        predict.ask(QUESTION, page)
    runs.start_button("Train the network" if run is None else "Train with these settings", page)


def of_section(name: str) -> dict[str, Any]:
    """Label, key, help and what a change does, for the widget of one control of a section."""
    return page.wired(
        f"view.{name}", View.model_fields[name], lambda chosen: set_view(name, chosen)
    )


def _layer(found: Address) -> None:
    if "network" in found.hidden:
        return
    probe = found.experiment.probe
    depth = min(spec.network.depth for spec in found.experiment.specs().values())
    layers: list[Scalar] = [*range(depth), "none"]
    st.selectbox(
        options=layers,
        index=layers.index(probe.layer),
        format_func=lambda layer: layer if layer == "none" else f"layer {layer + 1} of {depth}",
        **page.wired("probe.layer", field_at("probe.layer", Experiment), _watch)
        | {"label": "Layer watched"},
    )


def _watch(layer: Scalar) -> None:
    probe = page.current().experiment.probe
    page.change(probe=probe.model_copy(update={"layer": layer}).model_dump())
