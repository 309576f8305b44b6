"""The live board as a person finds it on the page."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect

from bnlab.lessons.presets import PRESETS
from bnlab.spec.links import to_query

_STEP = re.compile(r"step (\d+) / (\d+)")


class BoardPage:
    """The race page in one browser tab, with what a test does on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.get_by_role("region", name="Live board")
        self.status = self.root.locator("output.status")
        self.slider = self.root.get_by_role("slider", name="Step shown")

    def start(
        self, *, steps: int | None = None, pace: float = 30, base: str = "", **more: str
    ) -> None:
        """Open the race page and start the race of the first preset, as long as wanted."""
        experiment = PRESETS["spirals"].experiment
        if steps is not None:
            longer = experiment.base.replace({"steps": steps})
            experiment = experiment.model_copy(update={"base": longer})
        query = {**to_query(experiment), "pace": f"{pace:g}", **more}
        self.page.goto(f"{base}/race?{urlencode(query)}")
        self.page.get_by_role("button", name="Start the race").click()
        self.wait_until_drawn()

    def wait_until_drawn(self) -> None:
        expect(self.status).to_contain_text(_STEP)
        self.page.wait_for_function(
            "[...document.querySelectorAll('.bnlab-board .picture')].length > 0"
            " && document.querySelector('.bnlab-board').board.stats.drawn > 1"
        )

    def press(self, name: str) -> None:
        """Press one of the board's buttons."""
        self.root.get_by_role("button", name=name, exact=True).click()

    def wait_until_still(self) -> None:
        """Return once nothing has been drawn for 700 ms: no figure is about to be redrawn."""
        self.page.wait_for_function(
            """() => {
              const { stats } = document.querySelector(".bnlab-board").board;
              if (window.stillSince?.drawn !== stats.drawn)
                window.stillSince = { drawn: stats.drawn, at: performance.now() };
              return performance.now() - window.stillSince.at > 700;
            }"""
        )

    def pause(self) -> int:
        """Pause, and return the step the run rests at."""
        self.press("Pause (Space)")
        self.wait_for_state("paused")
        return self.step

    def wait_for_state(self, state: str) -> None:
        expect(self.status).to_contain_text(f"· {state}")

    def wait_for_step(self, step: int) -> None:
        expect(self.status).to_contain_text(f"step {step} /")

    def wait_past(self, step: int) -> None:
        """Return once the newest step is above this one."""
        self.page.wait_for_function(
            "step => document.querySelector('.bnlab-board').board.state.run.step > step", arg=step
        )

    @property
    def step(self) -> int:
        """The newest step of the run."""
        found = _STEP.search(self.status.inner_text())
        assert found is not None, self.status.inner_text()
        return int(found[1])

    def ask(self, expression: str) -> Any:
        """A JavaScript expression of `board`, for what only the page's own state tells."""
        return self.page.evaluate(
            f"(board => {expression})(document.querySelector('.bnlab-board').board)"
        )

    def panel(self, name: str) -> Locator:
        return self.root.locator(f'[data-panel="{name}"]')

    def picture(self, name: str) -> Locator:
        """The picture of one panel; its accessible name says in words what it shows."""
        return self.panel(name).locator(".picture")

    def cell(self, variant: str, column: str) -> Locator:
        """One number of the table of variants."""
        row = self.root.locator("table.variants tbody tr").filter(
            has=self.page.get_by_role("rowheader", name=variant, exact=True)
        )
        return row.locator(f'[data-cell="{column}"]')
