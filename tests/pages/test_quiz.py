"""The quiz on its pages: it answers at once, loses nothing, and sets up its experiments."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from bnlab.by_hand.block import spec as block
from bnlab.by_hand.layer_example import from_query, to_query
from bnlab.fleet.plan import plan_fleets
from bnlab.fleet.train import Training
from bnlab.lab.lab import get_lab
from bnlab.lessons.quiz import MAKERS, PageName, QuizQuestion, questions
from bnlab.results.frames import Array
from pages.ui.train_vs_eval import address
from tests.pages.conftest import PATIENCE_S, open_page

torch.set_num_threads(1)  # small networks wait for threads longer than they compute

PAGES: tuple[PageName, ...] = tuple(MAKERS)


def url_of(app: AppTest) -> dict[str, str]:
    """The query parameters that the page has written."""
    return {key: v if isinstance(v, str) else v[0] for key, v in app.query_params.items()}


def button(app: AppTest, label: str) -> Any:
    """The one button of that label."""
    (found,) = [element for element in app.button if element.label == label]
    return found


def press(app: AppTest, label: str) -> None:
    button(app, label).click()
    app.run()
    assert not app.exception


def turn_to(app: AppTest, place: int) -> None:
    for _ in range(place):
        press(app, "Next")


def give(app: AppTest, number: float) -> None:
    """Type a number and check it."""
    (field,) = [e for e in app.number_input if e.label.startswith("Your answer")]
    field.set_value(number)
    press(app, "Check")


def said(app: AppTest) -> str:
    """All prose on the page."""
    kinds = (app.markdown, app.caption, app.success, app.warning, app.info)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def choice_question(page: PageName) -> tuple[int, QuizQuestion]:
    """The first question of a page with answers to choose, and its place."""
    return next((i, q) for i, q in enumerate(questions(page)) if q.choices)


def wrong_answers(question: QuizQuestion) -> list[str]:
    assert question.choices
    truth = question.truth(question.computed)
    return [choice.text for choice in question.choices if choice.text != truth]


@pytest.mark.parametrize("page", PAGES)
def test_a_wrong_answer_is_told_why_and_a_right_one_is_counted(page: PageName) -> None:
    app = open_page(f"{page}.py")
    place, question = choice_question(page)
    turn_to(app, place)
    wrong = wrong_answers(question)[0]
    press(app, wrong)
    assert f"**Not right:** {wrong}. {question.judge(wrong, question.computed).reply}" in said(app)
    assert "Tries so far: 1." in said(app)
    assert button(app, f"Not right: {wrong}").disabled
    press(app, question.truth(question.computed))
    assert "**Right, after 2 tries:**" in said(app)
    assert question.why.format_map(question.computed) in said(app)
    assert "1 of 5 answered right on this page, 1 of 15 on all pages." in said(app)


def test_a_number_is_checked_within_its_tolerance_and_known_mistakes_are_named() -> None:
    app = open_page("one_layer.py")
    turn_to(app, 1)
    give(app, 1.0)
    assert "It would be exactly 1 with ε = 0." in said(app)
    give(app, 0.795)
    assert "**Right, after 2 tries:** 0.8." in said(app)


def test_checking_without_a_number_is_no_try() -> None:
    app = open_page("one_layer.py")
    turn_to(app, 1)
    press(app, "Check")
    assert "Not right" not in said(app)
    assert "Tries" not in said(app)


def test_a_shown_answer_says_why_and_does_not_count() -> None:
    app = open_page("norms.py")
    turn_to(app, 3)
    press(app, "Layer norm")
    press(app, "Show the answer")
    assert "**The answer:** Instance norm." in said(app)
    assert "0 of 5 answered right on this page" in said(app)


def test_answers_and_the_place_outlive_a_change_of_the_page_and_of_its_controls() -> None:
    app = open_page("norms.py")
    turn_to(app, 3)
    press(app, "Instance norm")
    app.switch_page("one_layer.py")
    app.run()
    assert "0 of 5 answered right on this page, 1 of 15 on all pages." in said(app)
    press(app, "Random numbers")
    app.switch_page("norms.py")
    app.run()
    assert "Question 4 of 5." in said(app)
    assert "**Right, on the first try:** Instance norm." in said(app)


def test_starting_over_forgets_every_page_and_asks_with_other_numbers() -> None:
    app = open_page("norms.py")
    before = said(app)
    turn_to(app, 3)
    press(app, "Instance norm")
    press(app, "Forget all answers")
    assert "0 of 5 answered right on this page, 0 of 15 on all pages." in said(app)
    assert "Question 1 of 5." in said(app)
    assert questions("norms", variation=1)[0].text in said(app)
    assert questions("norms")[0].text not in said(app)
    assert questions("norms")[0].text in before


# --- the experiments ------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(len(questions("one_layer"))))
def test_set_it_up_puts_the_numbers_into_the_example(place: int) -> None:
    app = open_page("one_layer.py")
    turn_to(app, place)
    press(app, "Set it up")
    question = questions("one_layer")[place]
    query = url_of(app)
    assert from_query({name: query[name] for name in to_query(question.set_up)}) == question.set_up
    assert query["pick"].partition(".")[0] == question.place


def test_a_wrong_answer_sets_up_what_it_leads_to() -> None:
    app = open_page("one_layer.py")
    turn_to(app, 2)
    press(app, "γ = s² and β = μ")
    press(app, "Set it up")
    wrong = questions("one_layer")[2].following("γ = s² and β = μ")
    assert float(url_of(app)["weight"]) == wrong.set_up.weight[0]


@pytest.mark.parametrize("place", range(len(questions("norms"))))
def test_set_it_up_puts_the_block_on_the_page(place: int) -> None:
    app = open_page("norms.py")
    turn_to(app, place)
    press(app, "Set it up")
    shown = block.from_query(url_of(app))
    for name, value in questions("norms")[place].set_up.items():
        assert getattr(shown, name) == value


@pytest.mark.parametrize("place", range(len(questions("train_vs_eval"))))
def test_set_it_up_turns_the_dials_of_the_experiment(place: int) -> None:
    app = open_page("train_vs_eval.py")
    turn_to(app, place)
    press(app, "Set it up")
    wanted = {name: str(v) for name, v in questions("train_vs_eval")[place].set_up.items()}
    shown = address.read(url_of(app))
    assert shown.experiment == address.read(wanted).experiment
    assert shown.view == address.read(wanted).view


def last_statistics(question: QuizQuestion) -> Array:
    """Recorded statistics (6, F) at the end of the run that a question sets up."""
    experiment = address.read({name: str(v) for name, v in question.set_up.items()}).experiment
    (plan,) = plan_fleets(experiment)
    training = Training(plan)
    while not training.is_done:
        training.step()
    last = training.look()
    assert last.statistics is not None
    return last.statistics[0]


@pytest.mark.parametrize("variation", range(3))
def test_the_network_of_the_page_bears_out_how_far_a_running_mean_gets(variation: int) -> None:
    question = questions("train_vs_eval", variation=variation)[0]
    running, exact = last_statistics(question)[[0, 4]]
    is_clear = np.abs(exact) > np.median(np.abs(exact))  # near 0 the scatter is larger than it
    way = 100 * float(np.median((running / exact)[is_clear]))
    assert way == pytest.approx(question.computed["way"], abs=4.0)


@pytest.mark.parametrize("variation", range(3))
def test_the_network_of_the_page_bears_out_which_variance_is_stored(variation: int) -> None:
    question = questions("train_vs_eval", variation=variation)[1]
    running, exact = last_statistics(question)[[1, 5]]
    ratio = float((running / exact).mean())
    assert abs(ratio - 1) < abs(ratio - question.computed["biased"])


def train(app: AppTest) -> None:
    press(app, "Train the network")
    deadline = time.monotonic() + PATIENCE_S
    while get_lab().log.get(url_of(app)["run"]).state != "completed":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    app.run()
    assert not app.exception


def test_what_the_page_has_measured_decides_and_agrees_with_what_is_computed() -> None:
    app = open_page("train_vs_eval.py", {"start": "forgotten-eval", "pace": "0"})
    turn_to(app, 3)
    train(app)
    forgotten, changed = questions("train_vs_eval")[3:]
    press(app, forgotten.truth(forgotten.computed))
    assert "**Right, on the first try:**" in said(app)
    assert "Measured on the network of this page." in said(app)
    press(app, "Next")
    press(app, "Set it up")
    press(app, changed.truth(changed.computed))
    assert "**Right, on the first try:**" in said(app)
    assert "Measured on the network of this page." in said(app)
