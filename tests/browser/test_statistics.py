"""Recorded statistics on the board: their panels, and the dials that change them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.board import BoardPage

CHANGES = "document.querySelector('.bnlab-board').board.state.run.interventions"


@pytest.fixture
def board(page: Page) -> BoardPage:
    """A board that follows a race whose first layer is recorded."""
    board = BoardPage(page)
    board.start(steps=1200, **{"probe.layer": "0"})
    return board


def test_the_panels_show_one_unit_and_the_distances_of_its_layer(board: BoardPage) -> None:
    board.wait_past(20)
    number = r"-?\d[\d.e-]*"
    mean = rf"batch, unit 1: running mean {number}, last minibatch {number}, exact {number}"
    expect(board.picture("statistics")).to_have_attribute("aria-label", re.compile(mean))
    away = rf"batch: the running mean is {number} standard deviations away"
    expect(board.picture("distances")).to_have_attribute("aria-label", re.compile(away))

    board.panel("statistics").get_by_role("combobox", name="Statistic: ").select_option("var")
    board.panel("statistics").get_by_role("combobox", name="Unit: ").select_option("unit 6")
    variance = re.compile(r"batch, unit 6: running variance")
    expect(board.picture("statistics")).to_have_attribute("aria-label", variance)
    board.panel("statistics").get_by_role("button", name="The numbers as a table").click()
    table = board.panel("statistics").get_by_role("table")
    expect(table.get_by_role("row").nth(1)).to_contain_text("batch")
    heads = ["step", "variant", "running variance", "minibatch variance", "exact variance"]
    expect(table.get_by_role("columnheader")).to_have_text(heads)


def test_the_dials_change_the_running_statistics_and_a_restart_asks_about_it(
    board: BoardPage,
) -> None:
    momentum = board.root.get_by_role("combobox", name="Running statistics: momentum")
    expect(momentum).to_have_value("0.3")
    momentum.select_option("0.01")
    board.page.wait_for_function(f"{CHANGES}.length === 1")
    board.press("Freeze")
    expect(board.root.get_by_role("button", name="Unfreeze")).to_be_visible()
    board.pause()
    board.press("Reset")
    board.page.wait_for_function(f"{CHANGES}.length === 3")
    made = [{key for key in change if key != "step"} for change in board.ask(f"{CHANGES}")]
    assert made == [{"momentum"}, {"frozen"}, {"reset"}]
    began_again = re.compile("unit 1: running mean 0, ")
    expect(board.picture("statistics")).to_have_attribute("aria-label", began_again)
    board.press("Start again from the same seed")
    asked = "The running statistics were changed 3 times in this run."
    expect(board.root).to_contain_text(asked)
    first = board.ask("board.runId")
    board.press("Restart with these changes")
    board.page.wait_for_function(
        "first => document.querySelector('.bnlab-board').board.state.run.id !== first", arg=first
    )
    assert len(board.ask(f"{CHANGES}")) == 3


def test_a_link_hides_the_dials(page: Page) -> None:
    board = BoardPage(page)
    board.start(hide="statistics", **{"probe.layer": "0"})
    expect(board.panel("statistics")).to_be_attached()
    expect(board.root.get_by_role("button", name="Freeze")).to_have_count(0)
