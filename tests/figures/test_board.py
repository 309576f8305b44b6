"""The panels' layouts are Plotly's, their axes are fixed, and every mark is explained."""

from __future__ import annotations

import itertools
from typing import get_args

import plotly.graph_objects as go
import pytest
from hypothesis import given

from bnlab.figures.axes import columns, layer_axis
from bnlab.figures.board import first_screen, panels, recorded_units
from bnlab.lessons.presets import PRESETS, PanelName
from bnlab.results.frames import QUANTITIES, bin_range
from bnlab.spec.experiment import Experiment, ProbeSpec
from bnlab.spec.member import MemberSpec, NormKind, parse
from tests.strategies import experiments

EXPERIMENTS = {name: preset.experiment for name, preset in PRESETS.items()}


@given(experiment=experiments())
def test_every_panel_of_any_experiment_is_a_layout_plotly_accepts(experiment: Experiment) -> None:
    for panel in panels(experiment):
        go.Figure(layout=panel["layout"])  # raises ValueError for a name or value it does not know


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_panel_says_what_it_shows_and_what_each_mark_means(name: str) -> None:
    for panel in panels(EXPERIMENTS[name]):
        assert panel["title"] and panel["alt"].endswith(".")
        assert panel["help"] and all(mark and meaning for mark, meaning in panel["help"])


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_panels_a_preset_shows_are_there(name: str) -> None:
    there = {panel["id"] for panel in panels(EXPERIMENTS[name])}
    assert set(PRESETS[name].panels) <= there
    assert set(first_screen(EXPERIMENTS[name])) <= there


def test_a_preset_can_name_no_panel_that_never_is() -> None:
    ids = {panel["id"] for name in EXPERIMENTS for panel in panels(EXPERIMENTS[name])}
    assert set(get_args(PanelName)) <= ids


def test_the_axes_of_distributions_are_those_of_the_histograms() -> None:
    experiment = Experiment(variants={"a": {"network.activation": "tanh"}, "b": {}})
    panel = next(panel for panel in panels(experiment) if panel["id"] == "distributions")
    for quantity in QUANTITIES:
        for place, activation in enumerate(("tanh", "relu")):
            assert tuple(panel["ranges"][quantity][place]) == bin_range(quantity, activation)


def test_running_statistics_have_a_panel_only_where_there_are_any() -> None:
    plain = Experiment(variants={"none": {}})
    assert "running" not in {panel["id"] for panel in panels(plain)}
    assert "running" in {panel["id"] for panel in panels(Experiment())}


def test_recorded_statistics_have_panels_of_their_own_and_come_first() -> None:
    of_statistics = {"statistics", "distances"}
    unrecorded = Experiment()
    assert not of_statistics & {panel["id"] for panel in panels(unrecorded)}
    recorded = Experiment(probe=ProbeSpec(layer=2))
    found = {panel["id"]: panel for panel in panels(recorded)}
    assert of_statistics <= set(found) and of_statistics <= set(first_screen(recorded))
    assert found["statistics"]["title"].endswith("of layer 3")
    units = next(o for o in found["statistics"]["options"] if o["id"] == "unit")
    assert [value for value, _ in units["choices"]] == [str(unit) for unit in range(32)]


@pytest.mark.parametrize("kind", get_args(NormKind))
def test_every_norm_with_running_statistics_has_their_panels(kind: NormKind) -> None:
    document = {"variants": {"one": {"norm.kind": kind}}, "probe": {"layer": 1}}
    experiment = parse(Experiment, document)
    shown = {panel["id"] for panel in panels(experiment)}
    has_statistics = kind == "batch" or kind.startswith("batch_")
    assert ({"running", "statistics", "distances"} <= shown) == has_statistics
    assert bool(recorded_units(experiment)) == has_statistics


def test_without_batch_norm_no_statistics_can_be_recorded() -> None:
    plain = Experiment(variants={"none": {}}, probe=ProbeSpec(layer=0))
    assert recorded_units(plain) == 0
    assert not {"statistics", "distances"} & {panel["id"] for panel in panels(plain)}


def test_pictures_are_decisions_digits_or_none() -> None:
    kinds = {}
    for data in ("moons", "digits", "wine"):
        base = MemberSpec().replace({"data.name": data})
        found = panels(Experiment(base=base))
        kinds[data] = next((p["kind"] for p in found if p["id"] == "pictures"), None)
    assert kinds == {"moons": "decision", "digits": "digits", "wine": None}


@pytest.mark.parametrize("count", range(1, 9))
def test_columns_stand_side_by_side_and_never_overlap(count: int) -> None:
    layout = columns([f"v{i}" for i in range(count)], xaxis={}, yaxis={})
    domains = [layout[f"xaxis{i + 1 if i else ''}"]["domain"] for i in range(count)]
    assert domains[0][0] == 0 and domains[-1][1] == pytest.approx(1)
    assert all(left[1] < right[0] for left, right in itertools.pairwise(domains))


@pytest.mark.parametrize("depth", [1, 2, 6, 12, 13, 40, 64])
def test_a_layer_axis_numbers_at_most_so_many_layers_as_fit(depth: int) -> None:
    axis = layer_axis(depth, has_output=True)
    assert len(axis["tickvals"]) == len(axis["ticktext"]) <= 14
    assert axis["tickvals"][0] == 1 and axis["tickvals"][-1] == depth + 1
