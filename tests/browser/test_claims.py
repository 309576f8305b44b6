"""The claims page in a browser: the board, a test of a claim live, its verdict, who may stop it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Page, expect

from bnlab.claims import claims
from tests.browser.conftest import NewPage
from tests.browser.people import PHONE

QUICK, LONG = "input_scales", "learning_rate"
ENOUGH = "5"  # seeds, for a verdict
PATIENCE_MS = 120_000.0
TOO_WIDE = """() => [...document.querySelectorAll(".bnlab-claim *")]
  .filter((part) => !part.closest("svg") && part.getBoundingClientRect().right > innerWidth + 1)
  .map((part) => part.className || part.tagName)"""


class ClaimPage:
    """The claims page in one browser tab, with what a test does on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.get_by_role("region", name="Test of the claim", exact=True)
        self.status = self.root.locator(".transport .status")
        self.verdict = page.get_by_role("heading", name="The verdict")

    def start(self, claim: str, *, seeds: str) -> None:
        """Open a claim and start its test."""
        self.page.goto(f"/claims?claim={claim}&seeds={seeds}")
        self.page.get_by_role("button", name="Run the test").click()
        self.wait_for_state("running|completed")  # a quick one may be over already

    def wait_for_state(self, state: str) -> None:
        expect(self.status).to_have_text(re.compile(f"^({state})"), timeout=PATIENCE_MS)

    @property
    def query(self) -> dict[str, list[str]]:
        """What the address says."""
        return parse_qs(urlparse(self.page.url).query)


@pytest.fixture
def claim(page: Page) -> ClaimPage:
    return ClaimPage(page)


def test_from_the_board_a_claim_is_run_to_its_verdict_and_the_board_has_it(
    claim: ClaimPage, page: Page
) -> None:
    one = claims()[QUICK]
    page.goto("/claims")
    page.get_by_role("button", name=f"{one.number}. {one.title}").click()
    how_long = page.get_by_text(re.compile("^About .* here"))
    expect(how_long).to_be_visible(timeout=PATIENCE_MS)  # the page rests
    page.get_by_role("combobox", name="Seeds").click()
    page.get_by_role("option", name=ENOUGH, exact=True).click()
    expect(how_long).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_text("no meaningful effect").click()
    expect(page.get_by_role("heading", name="Why?")).to_have_count(0)
    page.get_by_role("button", name="Run the test").click()
    claim.wait_for_state("completed")
    expect(claim.verdict).to_be_visible()
    expect(page.get_by_text("You said: no meaningful effect.")).to_be_visible()
    expect(page.get_by_role("heading", name="Why?")).to_be_visible()
    for condition in one.conditions:
        row = re.compile(re.escape(condition.name) + ".* – ")
        expect(claim.root.locator(".conditions .picture")).to_have_attribute("aria-label", row)

    page.reload()
    claim.wait_for_state("completed")
    expect(claim.verdict).to_be_visible()
    page.get_by_role("button", name="All claims").click()
    expect(page.get_by_text(re.compile(f"Run here .* {ENOUGH} seeds"))).to_be_visible()
    page.go_back()
    expect(claim.verdict).to_be_visible()


def test_a_reload_attaches_to_the_test_again_and_only_its_own_browser_stops_it(
    claim: ClaimPage, page: Page, new_page: NewPage
) -> None:
    claim.start(LONG, seeds="16")
    run = claim.query["run"]
    page.reload()
    claim.wait_for_state("running")
    assert claim.query["run"] == run

    other = ClaimPage(new_page())
    other.page.goto(page.url)
    other.wait_for_state("running")
    expect(other.root).to_contain_text("You are watching")
    expect(other.root.get_by_role("button", name="Stop")).to_have_count(0)

    claim.root.get_by_role("button", name="Stop").click()
    for tab in (claim, other):
        tab.wait_for_state("cancelled")
        expect(tab.root).to_contain_text("Stopped; what was measured stays")
    expect(page.get_by_text("No verdict yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Run it again")).to_be_visible()


def test_curves_grow_and_lead_to_a_sweep_and_to_races(
    claim: ClaimPage, page: Page, tmp_path: Path
) -> None:
    claim.start(LONG, seeds="1")
    study = claim.root.locator("details.study").first
    curves = study.locator(".picture").first
    expect(curves).to_have_attribute("aria-label", re.compile("best at"), timeout=PATIENCE_MS)
    claim.wait_for_state("completed")
    study.locator("summary").click()  # the last one is open now
    claim.root.get_by_role("combobox", name="Shown").select_option("Training loss")
    expect(study.locator(".picture")).to_have_attribute("aria-label", re.compile("^Training loss"))

    with page.context.expect_page() as opened:
        study.get_by_role("link", name="Open the grid as a sweep").click()
    sweep = opened.value.get_by_role("region", name="Sweep", exact=True)
    expect(sweep.locator(".transport .status")).to_contain_text("completed")
    with page.context.expect_page() as opened:
        study.get_by_role("link", name=re.compile("^batch")).click()
    expect(opened.value.get_by_role("button", name="Start the race")).to_be_visible()
    expect(opened.value.get_by_test_id("stAlert")).to_have_count(0)

    with page.expect_download() as download:
        claim.root.get_by_role("link", name="JSON").click()
    path = tmp_path / "claim.json"
    download.value.save_as(path)
    assert json.loads(path.read_text())["name"] == LONG


def test_on_a_phone_nothing_is_wider_than_the_screen(new_page: NewPage) -> None:
    claim = ClaimPage(new_page(viewport=PHONE, has_touch=True))
    claim.start(QUICK, seeds="2")
    claim.wait_for_state("completed")
    expect(claim.verdict).to_be_visible()
    expect(claim.root.locator(".conditions .main-svg").first).to_be_visible()
    assert claim.page.evaluate(TOO_WIDE) == []
