"""The page "Training and inference" in a real browser: a network is trained, and then asked."""

from __future__ import annotations

import os
import re
import signal
from urllib.parse import urlencode

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.board import BoardPage
from tests.browser.conftest import NewPage
from tests.browser.people import PHONE
from tests.server import Server

LONG = {"steps": "2000", "pace": "20"}  # longer than a test on a busy machine
SHORT = {"steps": "40", "pace": "0"}


def open_with(page: Page, base: str = "", **query: str) -> None:
    page.goto(
        f"{base}/train_vs_eval?{urlencode({k.replace('__', '.'): v for k, v in query.items()})}"
    )


def train(page: Page, base: str = "", **query: str) -> BoardPage:
    """Open the page and train a network."""
    open_with(page, base, **query)
    page.get_by_role("button", name="Train the network").click()
    board = BoardPage(page)
    board.wait_until_drawn()
    return board


def figure(page: Page, words: str) -> Locator:
    """The finished figure whose text alternative begins so."""
    return page.get_by_role("img", name=re.compile(f"^{re.escape(words)}"))


def predictions(page: Page) -> Locator:
    return figure(page, "Probability of each class")


def table_of(page: Page, title: str) -> list[list[str]]:
    """The numbers of a figure, as its table says them."""
    button = page.get_by_role("button", name=f"The numbers as a table: {title}", exact=True)
    if button.get_attribute("aria-expanded") != "true":
        button.click()
    rows = page.get_by_role("region", name=f"{title} as a table").locator("tbody tr")
    return [row.locator("th, td").all_inner_texts() for row in rows.all()]


def answers(page: Page) -> dict[str, list[str]]:
    """What either mode answers, by the table."""
    rows = table_of(page, "What the network answers")
    return {"eval": [row[1] for row in rows], "training": [row[2] for row in rows]}


def test_statistics_are_drawn_while_the_network_trains(page: Page) -> None:
    board = train(page, **LONG)
    board.wait_past(10)
    for name in ("accuracy", "statistics", "distances"):
        expect(board.picture(name)).to_be_attached()
    for name in ("Freeze", "Reset"):
        expect(board.root.get_by_role("button", name=re.compile(f"^{name}"))).to_be_enabled()


def test_at_the_end_the_network_is_asked_by_itself(page: Page) -> None:
    train(page, **SHORT)
    for words in (
        "A handwritten 6", "Probability of each class", "Share of right answers on the test part",
        "Validation accuracy with running", "Share of right answers over the shift",
        "Share of right answers over the scale", "Time of one batch",
    ):  # fmt: skip
        expect(figure(page, words)).to_be_attached()
    expect(page.get_by_text("Measured at step 40 of 40.")).to_have_count(4)


def test_a_prediction_made_just_before_the_start_comes_back_with_what_was_measured(
    page: Page,
) -> None:
    open_with(page, **SHORT)
    page.get_by_role("radio", name="clearly worse").click()
    page.get_by_role("button", name="Train the network").click()
    expect(page.get_by_text("You said: clearly worse. Measured: ")).to_be_visible()


def test_redrawn_companions_change_the_answer_in_training_mode_only(page: Page) -> None:
    train(page, **SHORT)
    expect(predictions(page)).to_have_attribute("aria-label", re.compile("for 1 draws"))
    before = answers(page)
    page.get_by_role("button", name="Redraw the others").click()
    expect(predictions(page)).to_have_attribute("aria-label", re.compile("for 2 draws"))
    after = answers(page)
    assert after["eval"] == before["eval"]
    assert after["training"] != before["training"]


def test_a_network_under_way_is_asked_as_it_is(page: Page) -> None:
    board = train(page, **LONG)
    board.wait_past(5)
    step = board.pause()
    page.get_by_role("button", name="Measure now").first.click()
    expect(page.get_by_text(f"Measured at step {step} of 2000.")).to_be_visible()
    expect(predictions(page)).to_be_attached()


def test_a_reload_and_a_second_tab_show_the_same_page(page: Page, new_page: NewPage) -> None:
    train(page, **SHORT, view__draws="7", view__order="sorted")
    expect(predictions(page)).to_have_attribute("aria-label", re.compile("for 7 draws"))
    before, url = answers(page), page.url
    page.reload()
    expect(predictions(page)).to_have_attribute("aria-label", re.compile("for 7 draws"))
    assert answers(page) == before
    expect(page).to_have_url(url)
    other = new_page()
    other.goto(url)
    expect(predictions(other)).to_have_attribute("aria-label", re.compile("for 7 draws"))
    assert answers(other) == before
    expect(other.get_by_role("radio", name="of the same class")).to_be_checked()


def test_a_reload_in_the_middle_goes_on_with_the_run(page: Page) -> None:
    board = train(page, **LONG)
    board.wait_past(10)
    run = board.ask("board.runId")
    page.reload()
    board.wait_until_drawn()
    assert board.ask("board.runId") == run
    assert board.step >= 10


def test_a_follower_may_ask_and_not_command(page: Page, new_page: NewPage) -> None:
    board = train(page, **LONG)
    board.wait_past(5)
    other = new_page()
    other.goto(page.url)
    follower = BoardPage(other)
    follower.wait_until_drawn()
    expect(follower.root).to_contain_text("You are watching")
    expect(follower.root.get_by_role("button", name=re.compile("^Freeze"))).to_have_count(0)
    other.get_by_role("button", name="Measure now").first.click()
    expect(predictions(other)).to_be_attached()


def test_double_clicks_do_no_harm(page: Page) -> None:
    open_with(page, **LONG)
    page.get_by_role("button", name="Train the network").dblclick()
    board = BoardPage(page)
    board.wait_until_drawn()
    run = board.ask("board.runId")
    board.wait_past(10)
    assert board.ask("board.runId") == run
    page.get_by_role("button", name="Measure now").first.dblclick()
    expect(predictions(page)).to_be_attached()
    page.get_by_role("button", name="Redraw the others").dblclick()
    expect(predictions(page)).to_have_attribute("aria-label", re.compile("for [23] draws"))
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_the_keyboard_alone_trains_and_redraws(page: Page) -> None:
    open_with(page, **SHORT)
    page.get_by_role("button", name="Train the network").press("Enter")
    redraw = page.get_by_role("button", name="Redraw the others")
    redraw.focus()
    page.keyboard.press("Enter")
    expect(predictions(page)).to_have_attribute("aria-label", re.compile("for 2 draws"))
    expect(redraw).to_be_focused()
    page.keyboard.press("Space")
    expect(predictions(page)).to_have_attribute("aria-label", re.compile("for 3 draws"))
    shift = page.get_by_role("slider", name="Shift")
    shift.press("ArrowRight")
    expect(figure(page, "Share of right answers over the shift")).to_have_attribute(
        "aria-label", re.compile("At shift 2.25:")
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling(scheme: str, new_page: NewPage) -> None:
    page = new_page(viewport=PHONE, color_scheme=scheme)
    train(page, **SHORT)
    expect(figure(page, "Time of one batch")).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_asking_loads_no_torch_into_the_web_process(page: Page, server: Server) -> None:
    train(page, **SHORT)
    expect(figure(page, "Time of one batch")).to_be_attached()
    mapped = {memory.path for memory in psutil.Process(server.pid).memory_maps()}
    assert not [path for path in mapped if re.search(r"/(torch|scipy|sklearn|pandas)/", path)]


def test_after_a_killed_worker_the_page_says_so_and_trains_again(
    new_page: NewPage, mortal_server: Server
) -> None:
    mortal_server.wait_until_warm()
    page = new_page(url=mortal_server.url)
    board = train(page, **LONG)
    board.wait_past(20)
    run = board.ask("board.runId")
    for worker in psutil.Process(mortal_server.pid).children():
        os.kill(worker.pid, signal.SIGKILL)
    again = page.get_by_role("button", name="Train it again").first
    expect(again).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    again.click()
    page.wait_for_function(
        "run => document.querySelector('.bnlab-board').board.runId !== run", arg=run
    )
    board.wait_past(5)
