"""The page "Training and inference": what is asked of a network is what stands on the page."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from bnlab.lab.lab import get_lab
from bnlab.lab.runs.log import Run
from bnlab.lab.workers.protocol.commands import Pause, Step
from bnlab.lessons.presets.train_vs_eval import PRESETS, QUESTION, SLOW_AVERAGES
from bnlab.lessons.questions import reply
from bnlab.spec.data import DATA_FACTS
from pages.ui.shared import runs
from pages.ui.train_vs_eval import asking
from pages.ui.train_vs_eval.address import FIRST, preset_address, write
from tests.pages.conftest import PATIENCE_S, open_page, sentences

PAGE = "train_vs_eval.py"
SHORT = {"pace": "0", "steps": "20"}
SECTIONS = (
    "Two predictions for one example",
    "If eval() is forgotten",
    "The first steps",
    "When the data change",
    "A batch of one",
    "Folding for inference",
    "Why?",
)
FIGURES = {"example", "predictions", "modes", "lag", "changed shift", "changed scale", "folding"}


def url_of(app: AppTest) -> dict[str, str]:
    """The query parameters that the page has written."""
    return {key: v if isinstance(v, str) else v[0] for key, v in app.query_params.items()}


def labelled(elements: Any, start: str) -> Any:
    """The one element whose label begins so."""
    (found,) = [element for element in elements if element.label.startswith(start)]
    return found


def labels(elements: Any) -> list[str]:
    return [element.label for element in elements]


def said(app: AppTest) -> str:
    """All prose on the page."""
    kinds = (app.markdown, app.caption, app.warning, app.info, app.error, app.code)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def figures(app: AppTest) -> dict[str, dict[str, Any]]:
    """The finished figures on the page by their keys, as the browser gets them."""
    found: dict[str, dict[str, Any]] = {}
    pending = [app._tree]
    while pending:
        node = pending.pop()
        pending += getattr(node, "children", {}).values()
        proto = getattr(node, "proto", None)
        if getattr(proto, "component_name", "") == "bnlab_plot":
            key = proto.id.rpartition("-")[2]
            found[key] = json.loads(json.loads(proto.mixed.json or proto.json)["figure"])
    return found


def run_of(app: AppTest) -> Run:
    return get_lab().log.get(url_of(app)["run"])


def wait_for(app: AppTest, *states: str) -> Run:
    """Return the page's run once it is in one of these states."""
    deadline = time.monotonic() + PATIENCE_S
    while (run := run_of(app)).state not in states:
        assert time.monotonic() < deadline, run
        time.sleep(0.02)
    return run


def train(query: dict[str, str] | None = None) -> AppTest:
    """The page with a network that was trained to the end."""
    app = open_page(PAGE, SHORT | (query or {}))
    labelled(app.button, "Train the network").click()
    app.run()
    wait_for(app, "completed")
    app.run()
    assert not app.exception
    return app


def train_some(steps: int) -> AppTest:
    """The page with a network that rests after so many steps."""
    app = open_page(PAGE, {"pace": "1", "steps": "200"})
    labelled(app.button, "Train the network").click()
    app.run()
    get_lab().command(run_of(app).id, Pause()).result(PATIENCE_S)
    at = get_lab().command(run_of(app).id, Step(n=steps)).result(PATIENCE_S)
    deadline = time.monotonic() + PATIENCE_S
    while run_of(app).step < at + steps and time.monotonic() < deadline:
        time.sleep(0.02)
    app.run()
    return app


def measure_companions(app: AppTest) -> None:
    """Press the button of the first section that asks."""
    next(button for button in app.button if button.label == "Measure now").click().run()


# --- before a run --------------------------------------------------------------------------------


def test_before_any_run_each_section_says_what_it_needs() -> None:
    app = open_page(PAGE)
    assert not app.exception
    assert [element.value for element in app.subheader[: len(SECTIONS)]] == list(SECTIONS)
    assert said(app).count("Train a network first") == 5
    assert figures(app) == {}


def test_the_url_always_holds_the_whole_page() -> None:
    app = open_page(PAGE)
    assert url_of(app) == write(preset_address(FIRST))
    labelled(app.radio, "Other examples").set_value("sorted").run()
    labelled(app.slider, "Shift").set_value(-1.5).run()
    labelled(app.select_slider, "Momentum of the running").set_value(0.3).run()
    url = url_of(app)
    assert (url["view.order"], url["view.shift"], url["norm.momentum"]) == ("sorted", "-1.5", "0.3")
    assert "start" not in url
    again = open_page(PAGE, url)
    assert url_of(again) == url
    assert labelled(again.radio, "Other examples").value == "sorted"
    assert labelled(again.slider, "Shift").value == -1.5


@pytest.mark.parametrize("name", PRESETS)
def test_choosing_a_preset_puts_its_settings_into_the_url(name: str) -> None:
    app = open_page(PAGE)
    labelled(app.selectbox, "Start from").set_value(name).run()
    assert not app.exception
    assert url_of(app) == write(preset_address(name))
    assert PRESETS[name].story in said(app)


def test_a_wish_that_cannot_be_met_is_refused_in_a_sentence_and_nothing_changes() -> None:
    app = open_page(PAGE, {"data.name": "wine", "batch_size": "32"})
    labelled(app.select_slider, "Batch size").set_value(512).run()
    assert "batch_size must be at most the 108" in sentences(app)
    assert url_of(app)["batch_size"] == "32"


def test_the_layer_that_is_watched_is_part_of_the_experiment() -> None:
    app = open_page(PAGE)
    labelled(app.selectbox, "Layer watched").set_value(4).run()
    assert url_of(app)["probe.layer"] == "4"
    labelled(app.selectbox, "Layer watched").set_value("none").run()
    assert url_of(app)["probe.layer"] == "none"


def test_a_link_to_a_run_that_is_gone_restores_its_settings() -> None:
    app = open_page(PAGE, {"seed": "7", "run": "0123456789abcdef"})
    assert "no longer here" in sentences(app)
    assert labelled(app.button, "Train the network").label
    assert url_of(app)["seed"] == "7"


def test_a_link_without_batch_norm_is_refused_on_a_page_that_works() -> None:
    app = open_page(PAGE, {"variant.none": "norm.kind:none"})
    assert "norm.kind must be batch on this page (got none" in sentences(app)
    assert labelled(app.button, "Train the network").label


def test_a_link_hides_controls_for_a_class() -> None:
    app = open_page(PAGE, {"hide": "preset,predict,optimizer.lr"})
    assert "Learning rate" not in labels(app.select_slider)
    assert "Start from" not in labels(app.selectbox)
    assert not app.pills
    assert url_of(app)["hide"] == "optimizer.lr,predict,preset"


# --- measuring -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(one_worker: None) -> Iterator[AppTest]:
    """One trained network for tests that only look."""
    yield train()


def test_at_the_end_everything_is_measured_without_a_click(trained: AppTest) -> None:
    assert set(figures(trained)) == FIGURES
    assert said(trained).count("Measured at step 20 of 20.") == 4
    assert "times faster" in said(trained) or "About the same" in said(trained)


def test_redrawing_changes_the_answer_in_training_mode_and_not_in_eval_mode() -> None:
    app = train({"view.companions": "4"})
    seen = []
    for draws in range(1, 5):
        bar, *_, newest = figures(app)["predictions"]["traces"]
        seen.append((bar["y"], newest["y"]))
        assert url_of(app)["view.draws"] == str(draws)
        labelled(app.button, "Redraw the others").click().run()
    assert len({tuple(bar) for bar, _ in seen}) == 1
    assert len({tuple(newest) for _, newest in seen}) == 4
    labelled(app.button, "50 times at once").click().run()
    assert len(figures(app)["predictions"]["traces"][1]["x"]) == 54 * 10
    labelled(app.button, "Clear").click().run()
    assert figures(app)["predictions"]["traces"][-1]["y"] == seen[0][1]


def test_the_draws_before_stay_when_more_are_drawn() -> None:
    app = train({"view.draws": "49"})
    before = figures(app)["predictions"]["traces"]
    for _ in range(2):
        labelled(app.button, "Redraw the others").click().run()
    earlier = figures(app)["predictions"]["traces"][1]["y"]
    assert earlier[: 49 * 10] == pytest.approx(before[1]["y"] + before[2]["y"], abs=1e-4)


def test_a_moved_slider_asks_again() -> None:
    app = train()
    labelled(app.slider, "Shift").set_value(0.0).run()
    assert "At shift 0:" in figures(app)["changed shift"]["alt"]
    assert "This change does no harm." in said(app)
    labelled(app.select_slider, "Scale").set_value(0.1).run()
    assert "At scale 0.1:" in figures(app)["changed scale"]["alt"]


def test_a_batch_of_one_shows_the_error_of_torch() -> None:
    app = train()
    labelled(app.button, "Send one example").click().run()
    assert app.code[0].value == (
        "Expected more than 1 value per channel when training, got input size torch.Size([1, 64])"
    )


def test_a_network_that_rests_is_asked_by_a_button_and_the_step_is_told() -> None:
    app = train_some(3)
    assert "predictions" not in figures(app)
    step = run_of(app).step
    assert labels(app.button).count("Measure now") == 4
    measure_companions(app)
    assert f"Measured at step {step} of 200." in said(app)
    assert "predictions" in figures(app) and "modes" not in figures(app)
    get_lab().command(run_of(app).id, Step(n=1)).result(PATIENCE_S)
    measure_companions(app)
    assert f"Measured at step {step + 1} of 200." in said(app)


def test_the_prediction_comes_back_with_what_was_measured() -> None:
    app = open_page(PAGE, {"pace": "0", "steps": "100"})
    app.pills[0].set_value(QUESTION.answers[0]).run()
    labelled(app.button, "Train the network").click().run()
    wait_for(app, "completed")
    app.run()
    assert reply(QUESTION.answers[0], QUESTION.answers[2]) in said(app)


@pytest.mark.parametrize("data", DATA_FACTS)
def test_every_data_set_can_be_asked(data: str) -> None:
    app = train({"data.name": data, "batch_size": "32", "view.example": "300"})
    missing = set() if data == "digits" or DATA_FACTS[data].is_drawn else {"example"}
    assert set(figures(app)) == FIGURES - missing
    assert not app.warning


def test_a_network_that_diverged_says_so_in_every_section() -> None:
    app = train({"optimizer.lr": "1000"})
    assert said(app).count("This network has diverged") == 4
    assert "the network diverged: it no longer gives any number" in said(app)
    assert set(figures(app)) == {"lag"}


def test_the_slow_averages_are_one_click_away() -> None:
    app = open_page(PAGE, {"pace": "0"})
    labelled(app.button, "Train with slow averages").click().run()
    assert run_of(app).experiment == SLOW_AVERAGES.experiment
    assert url_of(app)["start"] == SLOW_AVERAGES.name


def test_whoever_has_the_link_may_ask(trained: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "this_browser", lambda: "1" * 32)
    app = open_page(PAGE, url_of(trained))
    assert set(figures(app)) == FIGURES
    assert figures(app)["modes"] == figures(trained)["modes"]


# --- what goes wrong -----------------------------------------------------------------------------


def test_a_worker_that_gives_no_answer_in_time_is_waited_for_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = train_some(1)
    monkeypatch.setattr(asking, "PATIENCE_S", 0.0)
    measure_companions(app)
    assert "The worker did not answer within 0 seconds" in said(app)
    labelled(app.button, "Send one example").click().run()
    assert said(app).count("The worker did not answer within 0 seconds") == 2
    assert not app.code  # those are no words of torch
    monkeypatch.undo()
    measure_companions(app)
    assert "predictions" in figures(app)


def test_after_a_killed_worker_the_networks_are_gone_and_can_be_trained_again() -> None:
    app = train()
    before = run_of(app)
    assert "predictions" in figures(app)
    for pid in get_lab().workers.pids():
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_S
    other = open_page(PAGE, url_of(app))
    while "no longer kept" not in said(other):  # the death is seen a moment later
        assert time.monotonic() < deadline
        other = open_page(PAGE, url_of(app))
    assert not other.exception
    labelled(other.button, "Train it again").click().run()
    assert run_of(other).id != before.id
    assert run_of(other).experiment == before.experiment
    wait_for(other, "completed")
    other.run()
    assert set(figures(other)) == FIGURES


def mutated_links(count: int) -> list[dict[str, str]]:
    """Links to this page with fields dropped, swapped, torn, or filled with nonsense."""
    rng = random.Random(1)
    nonsense = ["", "0", "-1", "1e999", "nan", "{}", "<script>", "a" * 300, "1,2", ":", "1e-3"]
    links = []
    for _ in range(count):
        query = write(preset_address(rng.choice(list(PRESETS))))
        for _ in range(rng.randint(1, 3)):
            key = rng.choice([*query, *(name for name in query if name.startswith("view."))])
            query[key] = rng.choice([*nonsense, query.get(key, "")[:-1]])
        links.append(query)
    return links


@pytest.mark.parametrize("query", mutated_links(40))
def test_no_link_breaks_the_page(query: dict[str, str]) -> None:
    app = open_page(PAGE, query)
    assert not app.exception
    assert labelled(app.button, "Train the network").label
