"""The live board in a real browser: what each control does to the run, and the run to the board."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.browser.board import BoardPage
from tests.browser.conftest import NewPage
from tests.browser.people import PHONE
from tests.server import Server


@pytest.fixture
def board(page: Page) -> BoardPage:
    """A board that follows a race of the first preset, just started."""
    board = BoardPage(page)
    board.start(steps=10_000)  # long enough for a busy machine; it is stopped after the test
    return board


def test_the_first_screen_shows_moving_numbers_and_figures(board: BoardPage) -> None:
    board.wait_past(20)
    for name in ("loss", "accuracy", "pictures", "distributions", "gradients"):
        expect(board.picture(name)).to_be_attached()
    expect(board.picture("loss")).to_have_attribute("aria-label", re.compile(r"none: loss 0\.\d+"))
    expect(board.cell("batch", "accuracy")).to_have_text(re.compile(r"\d+\.\d %"))
    expect(board.status).to_contain_text("CPU")


def test_a_paused_run_rests_steps_one_minibatch_and_goes_on(board: BoardPage) -> None:
    step = board.pause()
    board.press("One step (Right arrow)")
    board.wait_for_step(step + 1)
    board.root.get_by_role("spinbutton", name="How many steps").fill("7")
    board.press("Advance by this many steps")
    board.wait_for_step(step + 8)
    board.press("Play (Space)")
    board.wait_for_state("running")
    board.wait_past(step + 8)


def test_the_keyboard_alone_pauses_steps_and_resumes(board: BoardPage) -> None:
    # Right after the start no control of the board has the focus.
    board.page.keyboard.press("Space")
    board.wait_for_state("paused")
    step = board.step
    board.page.keyboard.press("ArrowRight")
    board.wait_for_step(step + 1)
    board.page.keyboard.press("Space")
    board.wait_for_state("running")


def test_keys_pressed_in_a_field_are_typed_not_obeyed(board: BoardPage) -> None:
    board.root.get_by_role("textbox", name="Learning rate").focus()
    board.page.keyboard.press("Space")
    board.page.keyboard.press("ArrowRight")
    board.wait_past(board.step)
    board.wait_for_state("running")


def test_a_new_learning_rate_takes_effect_and_is_marked(board: BoardPage) -> None:
    step = board.pause()
    board.root.get_by_role("textbox", name="Learning rate").fill("0.05")
    board.root.get_by_role("button", name="Set", exact=True).click()
    board.page.wait_for_function(
        "document.querySelector('.bnlab-board').board.state.run.interventions.length === 1"
    )
    assert board.ask("board.state.run.interventions") == [{"step": step, "lr": 0.05}]
    expect(board.panel("loss").locator(".textpoint").filter(has_text="lr 0.05")).to_be_visible()


def test_a_learning_rate_that_is_none_gets_a_sentence(board: BoardPage) -> None:
    board.root.get_by_role("textbox", name="Learning rate").fill("fast")
    board.root.get_by_role("button", name="Set", exact=True).click()
    expect(board.root.get_by_role("alert")).to_contain_text("must be a number from 1e-7 to 1000")
    board.root.get_by_role("textbox", name="Learning rate").fill("1e9")
    board.root.get_by_role("button", name="Set", exact=True).click()
    expect(board.root.get_by_role("alert")).to_contain_text("got 1e9")


def test_restart_asks_what_becomes_of_a_changed_learning_rate(board: BoardPage) -> None:
    first = board.ask("board.runId")
    board.root.get_by_role("textbox", name="Learning rate").fill("0.05")
    board.root.get_by_role("button", name="Set", exact=True).click()
    board.page.wait_for_function(
        "document.querySelector('.bnlab-board').board.state.run.interventions.length === 1"
    )
    board.press("Start again from the same seed")
    expect(board.root).to_contain_text("The learning rate was changed once in this run.")
    board.press("Restart with these changes")
    board.page.wait_for_function(
        "first => document.querySelector('.bnlab-board').board.state.run.id !== first", arg=first
    )
    assert len(board.ask("board.state.run.interventions")) == 1
    second = board.ask("board.runId")
    expect(board.page).to_have_url(re.compile(f"run={second}"))


def test_the_pace_can_be_changed_while_it_runs(page: Page) -> None:
    board = BoardPage(page)
    board.start(steps=1200)
    board.root.get_by_role("radio", name="as fast as possible").click()
    board.wait_for_state("completed")
    expect(board.root.get_by_role("status").filter(has_text="Measured")).to_be_visible()


def test_looking_back_shows_an_earlier_frame_while_the_run_goes_on(board: BoardPage) -> None:
    board.wait_past(60)
    board.slider.fill("20")
    expect(board.status).to_contain_text("looking back at step")
    shown = board.ask("board.state.step")
    assert shown <= 20
    board.wait_past(board.ask("board.state.run.step"))
    assert board.ask("board.state.step") == shown
    board.slider.press("ArrowRight")
    board.page.wait_for_function(
        "shown => document.querySelector('.bnlab-board').board.state.step > shown", arg=shown
    )
    board.root.get_by_role("button", name="Back to now").click()
    expect(board.status).not_to_contain_text("looking back")


def test_zoom_stays_while_scrubbing_and_hover_tells_exact_values(page: Page) -> None:
    board = BoardPage(page)
    board.start(steps=1200)
    board.wait_past(80)
    board.pause()
    plot = board.panel("loss").locator(".nsewdrag").first
    plot.scroll_into_view_if_needed()
    board.wait_until_still()
    expect(board.picture("loss")).not_to_have_class(re.compile("is-moving"))
    box = plot.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    board.page.mouse.move(box["x"] + 2, middle)
    board.page.mouse.down()
    board.page.mouse.move(box["x"] + box["width"] / 4, middle, steps=4)
    board.page.mouse.up()
    zoomed = "board.screen.figures.get('loss').graph._fullLayout.xaxis.range[1]"
    end = board.ask(zoomed)
    assert end < board.ask("board.state.hello.steps") / 2
    board.wait_until_still()
    board.slider.fill("10")
    expect(board.status).to_contain_text("looking back")
    board.wait_until_still()
    expect(board.picture("loss")).not_to_have_class(re.compile("is-moving"))
    assert board.ask(zoomed) == pytest.approx(end)
    board.page.mouse.move(box["x"] + box["width"] / 5, middle)
    board.page.mouse.move(box["x"] + box["width"] / 5 + 3, middle)
    hover = board.panel("loss").locator(".hoverlayer")
    expect(hover).to_contain_text(re.compile(r"step \d+"))
    expect(hover).to_contain_text(re.compile(r"batch: \d\.\d+"))


def test_every_panel_shows_explains_itself_and_has_a_table(board: BoardPage) -> None:
    board.root.locator("summary", has_text="Panels").click()
    boxes = board.root.locator("input[data-chip]")
    for index in range(boxes.count()):
        boxes.nth(index).check()
    board.page.keyboard.press("Escape")
    board.wait_past(40)
    board.pause()
    panels = board.root.locator("section.panel")
    assert panels.count() == boxes.count() == 9
    for index in range(panels.count()):
        panel = panels.nth(index)
        panel.get_by_role("button", name=re.compile("^What the marks mean")).click()
        expect(panel.locator("dl.help dt").first).to_be_visible()
        panel.get_by_role("button", name=re.compile("^The numbers as a table")).click()
        expect(panel.locator(".numbers tbody tr").first).to_be_visible()
        panel.scroll_into_view_if_needed()
        expect(panel.get_by_role("img")).to_have_attribute(
            "aria-label", re.compile(r"(none|batch): ")
        )


def test_the_distributions_of_each_quantity_can_be_seen(board: BoardPage) -> None:
    board.pause()
    quantity = board.panel("distributions").get_by_role("combobox")
    for name in ("gradient", "normalized", "pre_activation", "activation"):
        quantity.select_option(name)
        board.page.wait_for_function(
            "name => document.querySelector('.bnlab-board').board.state.frame.quantity === name",
            arg=name,
        )


def test_a_reload_keeps_the_run_and_the_command(board: BoardPage) -> None:
    run = board.ask("board.runId")
    board.wait_past(10)
    board.page.reload()
    board.wait_until_drawn()
    assert board.ask("board.runId") == run
    board.pause()


def test_another_browser_watches_and_may_run_it_itself(board: BoardPage, new_page: NewPage) -> None:
    run = board.ask("board.runId")
    expect(board.page).to_have_url(re.compile(f"run={run}"))
    follower = BoardPage(new_page())
    follower.page.goto(board.page.url)
    follower.wait_until_drawn()
    expect(follower.root).to_contain_text("You are watching")
    expect(follower.root.get_by_role("button", name="Pause (Space)")).to_have_count(0)
    follower.page.keyboard.press("Space")
    follower.wait_past(board.step)
    assert follower.ask("board.state.run.state") == "running"
    follower.ask("board.send({command: {kind: 'stop'}})")
    expect(follower.root.get_by_role("alert")).to_contain_text("Only the browser that started")
    follower.press("Start a run of your own with these settings")
    expect(follower.root.get_by_role("button", name="Pause (Space)")).to_be_visible()
    assert follower.ask("board.runId") != run
    assert board.ask("board.state.run.state") == "running"


def test_frames_curves_and_scripts_can_be_saved(board: BoardPage) -> None:
    board.wait_past(20)
    board.pause()

    def saved(link: str) -> str:
        if not board.root.locator(".export .list").is_visible():
            board.root.locator(".export summary").click()
        with board.page.expect_download() as download:
            board.root.get_by_role("link", name=link).click()
        return Path(download.value.path()).read_text()

    frames = list(csv.DictReader(io.StringIO(saved("Frames (CSV)"))))
    assert {row["variant"] for row in frames} == {"none", "batch"}
    assert "gradient_norm_1" in frames[0]
    curves = list(csv.DictReader(io.StringIO(saved("Curves (CSV)"))))
    assert len(curves) > 2 * 20
    document = json.loads(saved("Everything (JSON)"))
    assert document["experiment"]["variants"].keys() == {"none", "batch"}
    assert "BatchNorm1d" in saved("PyTorch script: batch")


def test_a_figure_is_saved_as_png(board: BoardPage) -> None:
    board.wait_past(10)
    board.pause()
    with board.page.expect_download() as download:
        board.panel("gradients").get_by_role("button", name="Save as PNG").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
    assert download.value.suggested_filename.startswith("bnlab-gradients-step-")


def test_a_lost_connection_comes_back_by_itself(board: BoardPage) -> None:
    board.page.context.set_offline(True)
    board.ask("board.socket.socket.close()")
    expect(board.status).to_contain_text("reconnecting…")
    board.page.context.set_offline(False)
    expect(board.status).not_to_contain_text("reconnecting…")
    step = board.ask("board.state.run.step")
    board.wait_past(step)


def test_stop_ends_the_run_and_run_again_starts_it_anew(board: BoardPage) -> None:
    first = board.ask("board.runId")
    board.press("Stop this run")
    board.wait_for_state("cancelled")
    expect(board.root.get_by_role("button", name="Pause (Space)")).to_be_disabled()
    board.root.get_by_role("button", name="↻ Run again").or_(
        board.root.get_by_role("button", name="Start again from the same seed")
    ).click()
    board.page.wait_for_function(
        "first => document.querySelector('.bnlab-board').board.state.run.id !== first", arg=first
    )
    board.wait_for_state("running")


def test_a_killed_worker_is_told_on_screen_with_a_way_on(
    new_page: NewPage, mortal_server: Server
) -> None:
    board = BoardPage(new_page(url=mortal_server.url))
    board.start(steps=100_000, pace=0)
    board.wait_past(500)  # well under way
    children = psutil.Process(mortal_server.pid).children()
    worker = next(
        child for child in children if "bnlab.lab.workers.inside.start" in child.cmdline()
    )
    os.kill(worker.pid, signal.SIGKILL)
    expect(board.root.get_by_role("alert")).to_contain_text("killed (signal 9)")
    board.press("Start again from the same seed")
    board.wait_for_state("running")
    board.press("Stop this run")
    board.wait_for_state("cancelled")


def test_a_link_can_take_controls_off_the_board(page: Page) -> None:
    board = BoardPage(page)
    board.start(hide="pace,restart,export,optimizer.lr")
    board.pause()
    for hidden in (".pace", ".learning-rate", ".export"):
        expect(board.root.locator(hidden)).to_have_count(0)
    expect(board.root.get_by_role("button", name="Start again from the same seed")).to_have_count(0)
    expect(board.root.locator(".panels-menu")).to_be_visible()


def test_the_board_fits_a_phone(new_page: NewPage) -> None:
    board = BoardPage(new_page(viewport=PHONE))
    board.start()
    board.wait_past(5)
    wide = board.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    widths = board.root.locator("section.panel").evaluate_all(
        "panels => panels.map(panel => panel.getBoundingClientRect().right)"
    )
    assert max(widths) <= 390
    board.pause()


def test_the_board_follows_a_dark_page(new_page: NewPage) -> None:
    board = BoardPage(new_page(color_scheme="dark"))
    board.start()
    assert board.ask("board.screen.theme.isDark")
    label = board.picture("loss").locator(".xtick text").first
    expect(label).to_have_css("fill", re.compile(r"rgb\(2\d\d, "))
