"""The sweep page: its links, its axes, what it says before the start, and what it starts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from bnlab.lab.lab import get_lab
from bnlab.lessons.presets.sweeps import SWEEP_PRESETS
from bnlab.results.sweeps.axes import sweepable
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError
from pages.ui.shared.address import Address
from pages.ui.shared.estimate import duration
from pages.ui.sweep.address import FIRST, fallback, in_order, preset_address, read, write
from tests.pages.conftest import open_page, sentences
from tests.strategies import experiments

PAGE = "sweep.py"
SHORT = {
    "steps": "10",
    "network.depth": "2",
    "network.width": "8",
    "evaluate_every": "5",
    "axis.optimizer.lr": "0.01,0.1",
    "seeds": "1",
}


def url_of(app: AppTest) -> dict[str, str]:
    """The query parameters that the page has written."""
    return {key: v if isinstance(v, str) else v[0] for key, v in app.query_params.items()}


def labelled(elements: Any, start: str, place: int = 0) -> Any:
    """The element of this place among those whose label begins so."""
    return [element for element in elements if element.label.startswith(start)][place]


def experiment_of(app: AppTest) -> Experiment:
    return read(url_of(app)).experiment


def said(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in [*app.markdown, *app.caption, *app.warning])


# --- links ---------------------------------------------------------------------------------------


@given(
    experiment=experiments().filter(lambda found: bool(found.axes)),
    hidden=st.sets(st.sampled_from(["data", "axes", "export", "seeds"])),
    run=st.none() | st.just("abc"),
)
def test_a_written_address_reads_back_as_itself(
    experiment: Experiment, hidden: set[str], run: str | None
) -> None:
    axes = {path: in_order(values) for path, values in experiment.axes.items()}
    ordered = experiment.model_copy(update={"axes": axes})
    address = Address(ordered, pace=0.0, hidden=frozenset(hidden), run=run)
    assert read(write(address)) == address


@pytest.mark.parametrize("name", SWEEP_PRESETS)
def test_a_link_to_a_sweep_preset_restores_it(name: str) -> None:
    assert read({"sweep": name}) == preset_address(name)
    assert read(write(preset_address(name))) == preset_address(name)


def test_an_empty_link_is_the_first_sweep_preset() -> None:
    assert read({}) == preset_address(FIRST)


def test_axes_of_a_link_take_the_place_of_those_it_starts_from() -> None:
    found = read({"sweep": FIRST, "axis.network.depth": "2,3"})
    assert found.experiment.axes == {"network.depth": (2, 3)}
    assert found.experiment.base == SWEEP_PRESETS[FIRST].experiment.base
    assert found.preset is None


@pytest.mark.parametrize(
    "query",
    [
        {"sweep": "nothing"},
        {"axis.optimizer.lr": "0.1"},
        {"axis.optimizer.lr": "0.1,0.1"},
        {"axis.optimizer.lr": "0.1,nan"},
        {"axis.optimizer.lr": "0.1,1e99"},
        {"axis.seed": "1,2"},
        {"axis.norm.kind": "none,batch"},
        {"axis.batch_size": "2,3", "axis.steps": "2,3", "axis.network.depth": "2,3"},
        {"axis.network.depth": ",".join(map(str, range(1, 27)))},
        {"hide": "everything"},
    ],
)
def test_a_wrong_link_is_refused_with_a_sentence_and_opens_the_first_sweep(
    query: dict[str, str],
) -> None:
    with pytest.raises(SpecError, match=r"must be|not a field|an axis|this field"):
        read(query)
    assert fallback(query) == preset_address(FIRST)


def test_the_numbers_of_an_axis_are_read_from_small_to_large() -> None:
    assert read(SHORT | {"axis.optimizer.lr": "1,0.01,0.1"}).experiment.axes == {
        "optimizer.lr": (0.01, 0.1, 1.0)
    }


def test_a_sentence_shows_what_a_link_brought_and_loads_nothing_from_it() -> None:
    app = open_page(PAGE, SHORT | {"axis.optimizer.lr": "![a](b.png),**c**"})
    assert "](" not in sentences(app)
    assert "]\\(b.png)" in sentences(app)


def test_a_wrong_link_is_a_sentence_on_the_page() -> None:
    app = open_page(PAGE, {"axis.optimizer.lr": "0.1"})
    assert not app.exception
    assert "axes.optimizer.lr" in sentences(app)
    assert experiment_of(app) == SWEEP_PRESETS[FIRST].experiment


# --- controls ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SWEEP_PRESETS)
def test_every_sweep_preset_opens_with_one_choice(name: str) -> None:
    app = open_page(PAGE)
    labelled(app.selectbox, "Start from").set_value(name)
    app.run()
    assert not app.exception
    assert url_of(app) == write(preset_address(name))
    assert app.header[0].value == SWEEP_PRESETS[name].title


@pytest.mark.parametrize("path", [field.path for field in sweepable()])
def test_every_field_that_can_be_swept_can_be_chosen_as_an_axis(path: str) -> None:
    app = open_page(PAGE, SHORT | {"variant.one": ""})
    labelled(app.selectbox, "Axis 1").set_value(path)
    app.run()
    assert not app.exception
    assert sentences(app) == ""
    assert list(experiment_of(app).axes) == [path]


def test_a_second_axis_comes_and_goes() -> None:
    app = open_page(PAGE, SHORT)
    labelled(app.selectbox, "Axis 2").set_value("network.gain")
    app.run()
    assert list(experiment_of(app).axes) == ["optimizer.lr", "network.gain"]
    labelled(app.selectbox, "Axis 2").set_value("None: one axis only")
    app.run()
    assert not app.exception
    assert list(experiment_of(app).axes) == ["optimizer.lr"]


def test_ends_count_and_spacing_spread_the_values() -> None:
    app = open_page(PAGE, SHORT)
    labelled(app.select_slider, "From, to").set_value((0.001, 1.0))
    app.run()
    assert experiment_of(app).axes["optimizer.lr"] == (0.001, 1.0)
    labelled(app.slider, "How many").set_value(4)
    app.run()
    assert experiment_of(app).axes["optimizer.lr"] == (0.001, 0.01, 0.1, 1.0)
    labelled(app.button_group, "Spacing").set_value("linear")
    app.run()
    assert not app.exception
    assert experiment_of(app).axes["optimizer.lr"] == (0.001, 0.334, 0.667, 1.0)


def test_whole_numbers_are_as_many_as_there_are() -> None:
    app = open_page(PAGE, SHORT | {"axis.network.depth": "1,2,3"})
    labelled(app.slider, "How many", 1).set_value(20)
    app.run()
    assert experiment_of(app).axes["network.depth"] == (1, 2, 3)
    assert labelled(app.slider, "How many", 1).value == 3


def test_values_can_be_typed() -> None:
    app = open_page(PAGE, SHORT)
    labelled(app.text_input, "Exactly").set_value("0.5 0.02,, 3")
    app.run()
    assert not app.exception
    assert experiment_of(app).axes["optimizer.lr"] == (0.02, 0.5, 3.0)
    assert labelled(app.select_slider, "From, to").value == (0.02, 3.0)


@pytest.mark.parametrize("text", ["", "0.5", "0.5, 0.5", "a, b", "0.1, inf", "-1, 2"])
def test_values_that_cannot_be_change_nothing_and_are_refused_with_a_sentence(text: str) -> None:
    app = open_page(PAGE, SHORT)
    before = experiment_of(app)
    labelled(app.text_input, "Exactly").set_value(text)
    app.run()
    assert not app.exception
    assert "Learning rate must be" in sentences(app)
    assert experiment_of(app) == before


def test_an_axis_may_hold_one_number_beside_a_word() -> None:
    app = open_page(PAGE, SHORT | {"axis.norm.momentum": "0.1,cumulative"})
    assert not app.exception
    assert experiment_of(app).axes["norm.momentum"] == (0.1, "cumulative")


def test_networks_are_called_points_of_one_axis_and_cells_of_two() -> None:
    assert "Every point is a real network" in said(open_page(PAGE, SHORT))
    two = open_page(PAGE, SHORT | {"axis.network.gain": "1,2"})
    assert "Every cell is a real network" in said(two)


def test_a_field_that_is_an_axis_is_not_set_elsewhere() -> None:
    app = open_page(PAGE, SHORT)
    assert labelled(app.select_slider, "Learning rate").disabled
    assert not labelled(app.select_slider, "Gain").disabled


# --- before and after the start ------------------------------------------------------------------


def test_the_page_says_how_many_networks_there_are_and_how_long_they_take() -> None:
    app = open_page(PAGE, SHORT | {"axis.batch_size": "1,16", "variant.batch": "norm.kind:batch"})
    assert "4 networks" in said(app)
    assert "About 1 s here, as measured on CPU" in said(app)
    assert "2 of them cannot be built" in said(app)


def test_a_sweep_above_the_limit_is_refused_before_it_is_started() -> None:
    values = ",".join(str(0.01 + i / 100) for i in range(25))
    much = {"axis.optimizer.lr": values, "axis.network.gain": values, "seeds": "20"}
    app = open_page(PAGE, SHORT | much)
    assert not app.exception
    assert "BNLAB_MAX_SWEEP_MEMBERS" in said(app)


def test_the_button_starts_the_sweep_of_the_controls() -> None:
    app = open_page(PAGE, SHORT)
    labelled(app.button, "Start the sweep").click()
    app.run()
    assert not app.exception
    run = get_lab().log.get(url_of(app)["run"])
    assert run.experiment == experiment_of(app)


def test_a_link_to_a_race_or_to_a_lost_sweep_restores_the_settings() -> None:
    lab = get_lab()
    race = lab.start(
        experiment_of(open_page(PAGE, SHORT)).model_copy(update={"axes": {}}), owner=""
    )
    for run in ("0" * 16, race):
        app = open_page(PAGE, SHORT | {"run": run})
        assert not app.exception
        assert "no longer here" in sentences(app)
        assert labelled(app.button, "Start the sweep")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (31.4, "31 s"), (150.0, "2.5 min"), (3000.0, "50 min"), (9000.0, "2.5 h")],
)
def test_a_duration_is_said_roughly(seconds: float, words: str) -> None:
    assert duration(seconds) == f"About {words}"
