"""The sweep page in a browser: maps that develop, a picked cell, time, an axis that is extended."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewPage
from tests.browser.people import PHONE

SMALL = {
    "data.name": "moons",
    "network.depth": "2",
    "network.width": "8",
    "batch_size": "16",
    "evaluate_every": "10",
    "steps": "60",
    "variant.none": "norm.kind:none",
    "variant.batch": "norm.kind:batch",
    "seeds": "2",
}
TWO_AXES = {"axis.optimizer.lr": "0.01,0.1,1", "axis.batch_size": "1,16"}
ONE_AXIS = {"axis.optimizer.lr": "0.0001,0.001,0.01"}
ENDLESS = {"steps": "100000", "evaluate_every": "100"}


class SweepPage:
    """The sweep page in one browser tab, with what a test does on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.get_by_role("region", name="Sweep", exact=True)
        self.status = self.root.locator(".transport .status")
        self.cell = self.root.get_by_role("region", name="One cell")

    def start(self, axes: dict[str, str], **more: str) -> None:
        """Open a link to a small sweep and start it."""
        query = "&".join(f"{key}={text}" for key, text in {**SMALL, **axes, **more}.items())
        self.page.goto(f"/sweep?{query}")
        self.page.get_by_role("button", name="Start the sweep").click()
        expect(self.status).to_contain_text("networks done")

    def wait_for_state(self, state: str) -> None:
        expect(self.status).to_contain_text(f"· {state}")

    def map(self, variant: str) -> Locator:
        """The picture of one variant's map; its accessible name says what it shows."""
        panel = self.root.locator("section.panel").filter(
            has=self.page.get_by_role("heading", name=re.compile(f": {variant}$"))
        )
        return panel.locator(".picture")

    def ask(self, expression: str) -> Any:
        """A JavaScript expression of `sweep`, for what only the page's own state tells."""
        return self.page.evaluate(
            f"(sweep => {expression})(document.querySelector('.bnlab-sweep').sweep)"
        )


@pytest.fixture
def sweep(page: Page) -> SweepPage:
    return SweepPage(page)


def test_the_maps_develop_and_say_what_they_show(sweep: SweepPage) -> None:
    sweep.start(TWO_AXES)
    sweep.wait_for_state("completed")
    # Batch norm refuses one example a batch: three places of two seeds.
    expect(sweep.status).to_contain_text("18 of 18 networks done")
    none, batch = sweep.map("none"), sweep.map("batch")
    expect(none).to_have_attribute("aria-label", re.compile(r"From .* % to .* % in 6 of 6 cells"))
    expect(batch).to_have_attribute("aria-label", re.compile("annot be built: 3"))
    table = "The numbers as a table: Validation accuracy: batch"
    sweep.root.get_by_role("button", name=table, exact=True).click()
    expect(sweep.root.get_by_role("table")).to_contain_text("cannot be built")
    difference = sweep.root.get_by_role("region", name="Difference of two variants")
    expect(difference.get_by_role("heading")).to_contain_text("batch − none")


def test_a_cell_is_picked_by_keys_or_a_click_and_opens_as_a_race(
    sweep: SweepPage, page: Page
) -> None:
    sweep.start(TWO_AXES)
    sweep.wait_for_state("completed")
    none = sweep.map("none")
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        none.press(key)
    title = sweep.cell.get_by_role("heading").first
    expect(title).to_have_text("none: learning rate 0.1, batch size 16")
    sweep.cell.get_by_role("combobox", name="Seed").select_option("1")
    link = sweep.cell.get_by_role("link", name="Open as a race")
    expect(link).to_have_attribute("href", re.compile("seed=1&"))
    query = parse_qs(urlparse(link.get_attribute("href") or "").query)
    assert (query["optimizer.lr"], query["batch_size"]) == (["0.1"], ["16"])

    box = sweep.map("batch").bounding_box()
    assert box is not None
    # The left end of the lower row: one example a batch.
    page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 100)
    expect(title).to_have_text("batch: learning rate 0.01, batch size 1")
    expect(sweep.cell).to_contain_text("(got 1 with batch norm")
    expect(link).to_be_hidden()

    none.press("Escape")
    none.press("ArrowRight")
    with page.context.expect_page() as opened:
        link.click()
    race = opened.value
    expect(race.get_by_role("button", name="Start the race")).to_be_visible()
    expect(race.get_by_test_id("stAlert")).to_have_count(0)


def test_metric_and_step_are_chosen_after_training(sweep: SweepPage) -> None:
    sweep.start(TWO_AXES)
    sweep.wait_for_state("completed")
    end = sweep.map("none").get_attribute("aria-label")
    slider = sweep.root.get_by_role("slider", name="Step shown")
    slider.press("Home")
    expect(sweep.root).to_contain_text("looking back at step 0 / 60")
    expect(sweep.map("none")).not_to_have_attribute("aria-label", end or "")
    sweep.root.get_by_role("button", name="Back to now").click()
    expect(sweep.map("none")).to_have_attribute("aria-label", end or "")
    sweep.root.get_by_role("combobox", name="Shown").select_option("Training loss")
    expect(sweep.map("none")).to_have_attribute("aria-label", re.compile("^Training loss of none"))
    sweep.root.get_by_role("combobox", name="Shown").select_option("Accuracy with exact statistics")
    expect(slider).to_be_disabled()


def test_a_link_restores_what_was_looked_at(sweep: SweepPage, new_page: NewPage) -> None:
    sweep.start(TWO_AXES)
    sweep.wait_for_state("completed")
    sweep.root.get_by_role("combobox", name="Shown").select_option("Training loss")
    sweep.root.get_by_role("slider", name="Step shown").fill("2")
    sweep.map("none").press("ArrowRight")
    expect(sweep.page).to_have_url(re.compile("#metric=train_loss&step=20&cell=none,0,0,0$"))
    other = SweepPage(new_page())
    other.page.goto(sweep.page.url)
    sweep.page.reload()
    for page in (sweep, other):
        expect(page.root.get_by_role("combobox", name="Shown")).to_have_value("train_loss")
        expect(page.root).to_contain_text("looking back at step 20 / 60")
        title = page.cell.get_by_role("heading").first
        expect(title).to_have_text("none: learning rate 0.01, batch size 1")


def test_no_variant_is_compared_with_itself(sweep: SweepPage) -> None:
    sweep.start(TWO_AXES)
    sweep.wait_for_state("completed")
    pair = sweep.root.get_by_role("region", name="Difference of two variants")
    pair.get_by_role("combobox", name="First variant").select_option("none")
    expect(pair.get_by_role("heading")).to_contain_text("none − batch")


def test_its_owner_pauses_and_stops_it_while_another_watches(
    sweep: SweepPage, new_page: NewPage
) -> None:
    sweep.start(TWO_AXES, **ENDLESS)
    sweep.root.get_by_role("button", name="Pause (Space)").click()
    sweep.wait_for_state("paused")
    sweep.root.get_by_role("button", name="Play (Space)").click()
    sweep.wait_for_state("running")

    other = SweepPage(new_page())
    other.page.goto(sweep.page.url)
    other.wait_for_state("running")
    expect(other.root).to_contain_text("You are watching")
    expect(other.root.get_by_role("button", name="Stop")).to_have_count(0)

    sweep.page.wait_for_function("document.querySelector('.bnlab-sweep').sweep.newest.newest > 0")
    sweep.root.get_by_role("button", name="Stop").click()
    for page in (sweep, other):
        expect(page.root).to_contain_text("Stopped; what was done stays")
        assert page.ask("sweep.newest.newest") > 0
    sweep.page.reload()
    sweep.wait_for_state("cancelled")
    expect(sweep.root).to_contain_text("Stopped; what was done stays")


def test_a_best_value_on_the_edge_is_said_and_one_click_extends_the_axis(sweep: SweepPage) -> None:
    sweep.start(ONE_AXIS)
    sweep.wait_for_state("completed")
    expect(sweep.root).to_contain_text("the best may lie beyond it")
    before = sweep.ask("sweep.runId")
    sweep.root.get_by_role("button", name="Extend the axis").first.click()
    sweep.page.wait_for_function(
        "run => document.querySelector('.bnlab-sweep').sweep.runId !== run", arg=before
    )
    sweep.wait_for_state("completed")
    query = parse_qs(urlparse(sweep.page.url).query)
    assert query["axis.optimizer.lr"] == ["0.0001,0.001,0.01,0.1"]
    curves = sweep.root.locator(".maps .picture")
    curves.press("ArrowRight")
    curves.press("ArrowRight")
    curves.press("ArrowDown")
    title = sweep.cell.get_by_role("heading").first
    expect(title).to_have_text("batch: learning rate 0.001")


def test_of_two_axes_the_one_at_whose_end_a_variant_is_best_is_extended(sweep: SweepPage) -> None:
    sweep.start({"axis.optimizer.lr": "0.0001,0.001,0.01", "axis.network.depth": "1,2"})
    sweep.wait_for_state("completed")
    words = "This is the highest value of the axis learning rate"
    notice = sweep.root.locator(".edges .notice").filter(has_text=words)
    before = sweep.ask("sweep.runId")
    notice.get_by_role("button", name="Extend the axis").click()
    sweep.page.wait_for_function(
        "run => document.querySelector('.bnlab-sweep').sweep.runId !== run", arg=before
    )
    query = parse_qs(urlparse(sweep.page.url).query)
    assert query["axis.optimizer.lr"] == ["0.0001,0.001,0.01,0.1"]
    assert query["axis.network.depth"] == ["1,2"]


def test_what_was_measured_is_saved(sweep: SweepPage, page: Page, tmp_path: Path) -> None:
    sweep.start(TWO_AXES)
    sweep.wait_for_state("completed")
    for name in ("CSV", "JSON"):
        with page.expect_download() as download:
            sweep.root.get_by_role("link", name=name).click()
        download.value.save_as(tmp_path / name)
    with (tmp_path / "CSV").open() as file:
        assert len(list(csv.DictReader(file))) == 24
    assert json.loads((tmp_path / "JSON").read_text())["experiment"]["seeds"] == 2
    with page.expect_download() as picture:
        sweep.root.get_by_role("button", name="Save as PNG: Validation accuracy: none").click()
    assert picture.value.suggested_filename == "bnlab-validation-accuracy-none.png"


def test_a_phone_has_everything_below_one_another(new_page: NewPage) -> None:
    phone = SweepPage(new_page(viewport=PHONE))
    phone.start(TWO_AXES)
    phone.wait_for_state("completed")
    phone.map("none").press("ArrowRight")
    expect(phone.cell.get_by_role("heading").first).to_be_visible()
    assert phone.page.evaluate(
        "[...document.querySelectorAll('.bnlab-sweep *')].every(e => e.closest('.numbers')"
        " || e.getBoundingClientRect().right <= innerWidth + 1)"
    )
    boxes = [phone.map(name).bounding_box() for name in ("none", "batch")]
    assert all(box is not None and box["width"] > 300 for box in boxes)
