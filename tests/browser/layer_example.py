"""The layer example as a person finds it on the page "One layer"."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from bnlab.by_hand.layer_example import LayerExample, to_query
from pages.ui.one_layer.address import MATRICES, OPERATIONS

HIDDEN = "·"


class OneLayerPage:
    """The page in one browser tab, with what a test does on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.steps = page.get_by_role("region", name="Step through the layer")
        self.where = self.steps.locator(".where")
        self.problem = page.locator(".bnlab-layer_example .problem")

    def open(self, example: LayerExample | None = None, **more: str) -> None:
        """Open the page on an example, and wait until its numbers can be clicked."""
        query = {**(to_query(example) if example else {}), **more}
        self.page.goto(f"/one_layer?{urlencode(query)}")
        self.wait()

    def wait(self) -> None:
        expect(self.box("x", 0, 0)).to_be_visible()
        expect(self.where).not_to_be_empty()
        self.settle()

    def settle(self) -> None:
        """Return once the page's script rests and has said all."""
        expect(self.page.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning"
        )

    def cell(self, name: str, row: int | None, column: int) -> Locator:
        place = "" if row is None else row
        return self.page.locator(f'[data-cell="{name}.{place}.{column}"]')

    def box(self, name: str, row: int | None, column: int) -> Locator:
        return self.cell(name, row, column).locator("input")

    def press(self, label: str) -> None:
        """Press one of the buttons that begin so."""
        self.page.get_by_role("button", name=re.compile(f"^{re.escape(label)}")).first.click()

    def paste(self, name: str, text: str) -> None:
        """Paste a text into the first box of a table, as from the clipboard."""
        self.box(name, 0, 0).focus()
        self.box(name, 0, 0).evaluate(
            """(box, text) => {
              const clipboardData = new DataTransfer();
              clipboardData.setData("text/plain", text);
              const options = {clipboardData, bubbles: true, cancelable: true};
              box.dispatchEvent(new ClipboardEvent("paste", options));
            }""",
            text,
        )

    def shown(self) -> dict[str, NDArray[np.float64] | None]:
        """Every number on the tables by name and place; None where one is not yet shown."""
        texts: dict[str, dict[str, str]] = self.page.evaluate(
            """() => {
              const found = {};
              for (const cell of document.querySelectorAll(".bnlab-layer_example [data-cell]")) {
                const [name, ...place] = cell.dataset.cell.split(".");
                const text = cell.querySelector("input")?.value ?? cell.textContent;
                (found[name] ??= {})[place.join(".")] = text;
              }
              return found;
            }"""
        )
        return {name: _array(name, cells) for name, cells in texts.items()}

    def lit(self) -> dict[str, set[str]]:
        """The cells that are lit up, by kind: subject, source, source far, use, use far."""
        cells: list[tuple[str, str]] = self.page.evaluate(
            """() => [
              ...document.querySelectorAll(".bnlab-layer_example [data-cell].lit")
            ].map((cell) => [
              [...cell.classList].filter((name) => !["lit", "later"].includes(name)).join(" "),
              cell.dataset.cell])"""
        )
        found: dict[str, set[str]] = {}
        for kind, cell in cells:
            found.setdefault(kind, set()).add(cell)
        return found


def _array(name: str, cells: dict[str, str]) -> NDArray[np.float64] | None:
    hidden = [text == HIDDEN for text in cells.values()]
    if all(hidden):
        return None
    assert not any(hidden), f"{name} is shown in part"
    values = np.array([float(text) for text in cells.values()])
    return (
        values.reshape(1 + max(int(key.split(".")[0]) for key in cells), -1)
        if name in MATRICES
        else values
    )


STEP_OF = {operation.name: step for step, operation in enumerate(OPERATIONS, 1)}
