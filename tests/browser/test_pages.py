"""The pages in a real browser: from the first click to the answer, by mouse, keyboard and link."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from bnlab.lessons.presets import PRESETS
from pages.ui.race.address import FIRST_PRESET
from tests.browser.board import BoardPage
from tests.browser.conftest import NewPage
from tests.browser.people import PHONE
from tests.server import Server

PRESET = PRESETS[FIRST_PRESET]
# The first preset's network on a short way, so that its end is soon seen.
SHORT = f"preset={FIRST_PRESET}&pace=0"


def start_button(page: Page):  # type: ignore[no-untyped-def]
    return page.get_by_role("button", name="Start the race")


def test_one_click_at_home_starts_the_first_race(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Start the first race").click()
    board = BoardPage(page)
    board.wait_until_drawn()
    expect(page).to_have_url(re.compile(r"/race\?.*run="))
    expect(page.get_by_role("heading", name=PRESET.title)).to_be_visible()
    board.wait_past(5)


def test_every_preset_of_the_home_page_opens_with_its_question(page: Page) -> None:
    page.goto("/")
    preset = PRESETS[list(PRESETS)[-1]]
    page.get_by_role("link", name=preset.title).click()
    expect(page.get_by_role("radiogroup", name=preset.question.text)).to_be_visible()
    expect(start_button(page)).to_be_visible()


def test_a_prediction_comes_back_with_what_was_measured_and_why(page: Page) -> None:
    page.goto(f"/race?{SHORT}")
    guess = PRESET.question.answers[-1]
    page.get_by_role("radio", name=guess, exact=True).click()
    start_button(page).click()
    board = BoardPage(page)
    board.wait_for_state("completed")
    expect(board.root).to_contain_text(f"You said: {guess}. Measured: ")
    expect(page.get_by_role("heading", name="Why?")).to_be_visible()


def test_a_turned_dial_offers_a_race_with_the_new_settings(page: Page) -> None:
    page.goto(f"/race?{SHORT}")
    start_button(page).click()
    board = BoardPage(page)
    board.wait_until_drawn()
    first = board.ask("board.runId")
    page.get_by_role("slider", name="Hidden layers").press("ArrowLeft")
    expect(page).not_to_have_url(re.compile(r"network\.depth=6&"))
    page.get_by_role("button", name="Start a race with these settings").click()
    page.wait_for_function(
        "first => document.querySelector('.bnlab-board').board.runId !== first", arg=first
    )


def test_copying_the_address_restores_the_page(page: Page, new_page: NewPage) -> None:
    page.goto(
        "/race?v=1&data.name=wine&network.depth=3&batch_size=16&steps=77&variant.rms=norm.kind:rms"
    )
    expect(page.get_by_role("heading", name="Your own race")).to_be_visible()
    expect(page).to_have_url(re.compile("optimizer.lr="))
    other = new_page()
    other.goto(page.url)
    expect(other.get_by_text("3 × 32 relu units learns wine")).to_be_visible()
    expect(other).to_have_url(page.url)


def test_a_bad_link_says_what_was_wrong_on_a_page_that_works(page: Page) -> None:
    page.goto("/race?network.depth=99")
    expect(page.get_by_role("alert")).to_contain_text("network.depth must be ")
    start_button(page).click()
    BoardPage(page).wait_until_drawn()


def test_the_keyboard_alone_starts_a_race(page: Page) -> None:
    page.goto(f"/race?preset={FIRST_PRESET}")
    expect(start_button(page)).to_be_visible()
    for _ in range(80):
        page.keyboard.press("Tab")
        if start_button(page).evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    BoardPage(page).wait_until_drawn()


def test_a_double_click_starts_one_race(page: Page, server: Server) -> None:
    page.goto(f"/race?preset={FIRST_PRESET}&seed=4711")
    start_button(page).dblclick()
    board = BoardPage(page)
    board.wait_until_drawn()
    run = board.ask("board.runId")
    board.wait_past(20)
    assert board.ask("board.runId") == run


@pytest.mark.parametrize("path", ["/", f"/race?preset={FIRST_PRESET}"])
def test_a_phone_needs_no_sideways_scrolling(path: str, new_page: NewPage) -> None:
    page = new_page(viewport=PHONE)
    page.goto(path)
    expect(page.get_by_role("button", name="Start").last).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_nothing_is_asked_of_any_other_machine(new_page: NewPage, server: Server) -> None:
    page = new_page(is_new=True)  # nothing is cached yet
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    page.get_by_role("button", name="Start the first race").click()
    BoardPage(page).wait_until_drawn()
    assert asked
    assert [url for url in asked if not url.startswith((server.url, "data:", "blob:"))] == []
