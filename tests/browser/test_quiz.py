"""The quiz in a real browser: from a wrong answer to the experiment and back to a right one."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from bnlab.lessons.quiz import MAKERS, QuizQuestion, questions
from tests.browser.conftest import NewPage
from tests.browser.people import PHONE

TURNED, VARIANCE = questions("one_layer")[:2]


def open_quiz(page: Page, name: str) -> Locator:
    """Open a page and wait for its quiz; returns the quiz's heading."""
    page.goto(f"/{name}")
    heading = page.get_by_role("heading", name="Quiz", exact=True)
    expect(heading).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    return heading


def answer(page: Page, text: str) -> Locator:
    return page.get_by_role("button", name=text, exact=True)


def truth(question: QuizQuestion) -> str:
    return question.truth(question.computed)


def wrong(question: QuizQuestion) -> str:
    assert question.choices
    return next(choice.text for choice in question.choices if choice.text != truth(question))


def set_it_up(page: Page) -> None:
    page.get_by_role("button", name="Set it up").click()


def test_a_wrong_answer_leads_to_its_experiment_and_back_to_the_right_one(page: Page) -> None:
    quiz = open_quiz(page, "one_layer")
    answer(page, wrong(TURNED)).click()
    expect(page.get_by_role("alert").filter(has_text="Not right:")).to_be_visible()
    expect(answer(page, f"Not right: {wrong(TURNED)}")).to_be_disabled()
    set_it_up(page)
    title = page.get_by_role("heading", name="One layer, number by number")
    expect(title).to_be_in_viewport()
    expect(title).to_be_focused()
    first = f"{TURNED.set_up.x[0][0]:g}_{TURNED.set_up.x[0][1]:g}"
    expect(page).to_have_url(re.compile(rf"x={re.escape(first)}~.*pick=y\."))
    page.get_by_role("button", name="Back to the quiz").click()
    expect(quiz).to_be_in_viewport()
    expect(quiz).to_be_focused()
    answer(page, truth(TURNED)).click()
    right = page.get_by_role("status").filter(has_text="Right, after 2 tries:")
    expect(right).to_contain_text(TURNED.why.format_map(TURNED.computed)[:40])


def test_the_way_back_is_offered_only_while_the_quiz_is_out_of_sight(page: Page) -> None:
    quiz = open_quiz(page, "norms")
    back = page.get_by_role("button", name="Back to the quiz")
    expect(back).to_have_count(0)
    set_it_up(page)
    expect(back).to_be_visible()
    page.get_by_role("button", name="Next").scroll_into_view_if_needed()
    expect(quiz).to_be_in_viewport()
    expect(back).to_have_count(0)


def test_an_experiment_is_looked_for_under_its_heading(page: Page) -> None:
    open_quiz(page, "train_vs_eval")
    question = questions("train_vs_eval")[2]
    for _ in range(2):
        page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Question 3 of 5.")).to_be_visible()
    set_it_up(page)
    heading = page.get_by_role("heading", name=question.place)
    expect(heading).to_be_in_viewport()
    expect(heading).to_be_focused()


def test_the_keyboard_alone_answers_a_number(page: Page) -> None:
    open_quiz(page, "one_layer")
    page.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    field = page.get_by_role("spinbutton", name="Your answer")
    expect(field).to_be_visible()
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if field.evaluate("field => field === document.activeElement"):
            break
    page.keyboard.type(truth(VARIANCE))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Right, on the first try:")).to_be_visible()


def test_the_keyboard_alone_answers_a_choice(page: Page) -> None:
    open_quiz(page, "one_layer")
    answer(page, truth(TURNED)).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Right, on the first try:")).to_be_visible()


def test_progress_outlives_another_page_and_a_reload_and_can_be_reset(page: Page) -> None:
    open_quiz(page, "one_layer")
    answer(page, truth(TURNED)).click()
    expect(page.get_by_text("1 of 15 on all pages")).to_be_visible()
    page.get_by_role("link", name="What is averaged").first.click()
    expect(page.get_by_text("0 of 5 answered right on this page, 1 of 15")).to_be_visible()
    page.reload()
    expect(page.get_by_text("0 of 5 answered right on this page, 1 of 15")).to_be_visible()
    page.get_by_role("link", name="One layer").first.click()
    expect(page.get_by_text("1 of 5 answered right on this page, 1 of 15")).to_be_visible()
    expect(page.get_by_text("Right, on the first try:")).to_be_visible()
    page.get_by_role("button", name="Start over").click()
    page.get_by_role("button", name="Forget all answers").click()
    other = questions("one_layer", variation=1)[0].text
    expect(page.get_by_text(other)).to_be_visible()
    expect(page.get_by_role("button", name="Forget all answers")).to_have_count(0)
    page.reload()
    expect(page.get_by_text(other)).to_be_visible()
    expect(page.get_by_text("0 of 15 on all pages")).to_be_visible()


def test_what_cannot_be_read_of_a_kept_quiz_is_said_and_the_quiz_begins_anew(
    new_page: NewPage,
) -> None:
    page = new_page(is_new=True)  # with the script it serves no other test
    page.add_init_script("sessionStorage.setItem('bnlab-quiz', '{\"variation\": \"many\"}')")
    open_quiz(page, "one_layer")
    expect(
        page.get_by_text("The quiz answers kept in this browser cannot be read.")
    ).to_be_visible()
    answer(page, truth(TURNED)).click()
    expect(page.get_by_text("1 of 15 on all pages")).to_be_visible()


@pytest.mark.parametrize("name", MAKERS)
def test_the_quiz_needs_no_sideways_scrolling_on_a_phone(name: str, new_page: NewPage) -> None:
    page = new_page(viewport=PHONE)
    open_quiz(page, name)
    for place in range(1, 6):
        expect(page.get_by_text(f"Question {place} of 5.")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        card = page.get_by_role("button", name="Set it up").bounding_box()
        assert card is not None
        assert card["x"] + card["width"] <= 390
        if place < 5:
            page.get_by_role("button", name="Next").click()
