"""What is averaged, in a real browser: picked by mouse and keys, every number beside torch's."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from bnlab.by_hand.block import words
from bnlab.by_hand.block.numbers import average
from bnlab.by_hand.block.spec import Block, to_query
from bnlab.by_hand.norms import NORM_KINDS, Array, BlockNorm
from bnlab.fleet.inspect.torch_layers import digit_activations
from tests.browser.conftest import NewPage
from tests.browser.people import PHONE
from tests.by_hand.test_block import by_torch
from tests.server import Server


class BlockPage:
    """The page in one browser tab, with what a test does on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.get_by_role("region", name="Block of activations")
        self.space = self.root.get_by_role("application")

    def open(self, **query: str) -> None:
        self.page.goto("/norms?" + "&".join(f"{key}={text}" for key, text in query.items()))
        expect(self.space.locator("path.picked").first).to_be_attached()

    def card(self, kind: BlockNorm) -> Locator:
        return self.root.get_by_role("radio", name=re.compile(words.TITLES[kind]))

    def choose(self, label: str, text: str) -> None:
        """Press one of the choices above the block."""
        group = self.page.get_by_role("radiogroup", name=label)
        group.get_by_role("radio", name=text, exact=True).click()

    @property
    def company(self) -> Locator:
        """The sentence that says with whom the picked element is averaged."""
        return self.root.locator(".company")

    @property
    def who(self) -> Locator:
        return self.root.locator(".who")

    def number(self, name: str) -> Locator:
        return self.root.locator(f'[data-number="{name}"]')

    def ask(self, expression: str) -> Any:
        """A JavaScript expression of `block`, for what only the page's own state tells."""
        return self.page.evaluate(
            f"(block => {expression})(document.querySelector('.bnlab-block').block)"
        )

    def expect_link(self, block: Block) -> None:
        """Wait until the address is that of this block."""
        link = "&".join(f"{key}={text}" for key, text in to_query(block).items())
        expect(self.page).to_have_url(re.compile(re.escape(link) + "$"))


@pytest.fixture
def block(page: Page) -> BlockPage:
    """The page as it opens without a link."""
    block = BlockPage(page)
    block.open()
    return block


def real_block(block: Block) -> Array:
    """The activations (N, C, P) that the page shows."""
    drawn = digit_activations(
        examples=block.examples, channels=block.channels, size=block.size, seed=block.seed
    )
    x: Array = drawn["x"].reshape(block.examples, block.channels, -1)
    return x


def by_torch_of(x: Array, block: Block, kind: BlockNorm) -> dict[str, str]:
    """The numbers on the page by the names they have there, from torch."""
    found = average(x, block, kind)
    values = torch.from_numpy(x[found.set_of == found.set_of[block.index]])
    return {
        "x": words.number(float(x[block.index])),
        "mean": words.number(float(values.mean())),
        "variance": words.number(
            float((values**2).mean() if kind == "rms" else values.var(correction=0))
        ),
        "result": words.number(float(by_torch(x, block, kind)[block.index])),
    }


def test_each_norm_shows_torchs_mean_variance_and_result(block: BlockPage) -> None:
    x = real_block(Block())
    for kind in reversed(NORM_KINDS):
        block.card(kind).click()
        expected = by_torch_of(x, Block(), kind)
        if kind == "rms":
            expect(block.number("mean")).to_have_count(0)
            del expected["mean"]
        for name, text in expected.items():
            expect(block.number(name)).to_have_text(text)
        block.expect_link(Block(kind=kind))
        result = re.compile(rf"= {re.escape(expected['result'])}\s*\\end")
        expect(block.page.locator("annotation").filter(has_text=result)).to_have_count(1)


def test_the_whole_set_is_listed_as_torch_has_it(block: BlockPage) -> None:
    x = real_block(Block())
    block.card("layer").click()
    block.root.get_by_text("All values of the set").click()
    rows = block.root.locator(".numbers tbody tr")
    expect(rows).to_have_count(96)
    x_hat = by_torch(x, Block(), "layer")
    shown = [row.split("\t") for row in rows.all_inner_texts()]
    for example, channel, position, value, result in shown:
        at = (int(example) - 1, int(channel) - 1, int(position) - 1)
        assert (value, result) == (words.number(float(x[at])), words.number(float(x_hat[at])))
    assert {row[0] for row in shown} == {"2"}


def test_the_company_is_told_in_words(block: BlockPage) -> None:
    told = {
        "batch": "the 4 examples × 16 positions of channel 3: 64 values.",
        "layer": "the 6 channels × 16 positions of example 2: 96 values.",
        "group": "channels 1 to 3 × 16 positions of example 2: 48 values.",
        "instance": "the 16 positions of channel 3 of example 2: 16 values.",
        "rms": "the 6 channels × 16 positions of example 2: 96 values.",
    }
    for kind in NORM_KINDS:
        expect(block.card(kind)).to_have_accessible_name(
            f"{words.TITLES[kind]}: {told[kind]}".removesuffix(".")
        )
        block.card(kind).click()
        expect(block.company).to_have_text(f"{words.TITLES[kind]}: {told[kind]}")
    block.page.get_by_text("Each position on its own").click()
    expect(block.company).to_have_text(
        "RMS norm: the 6 channels of position 6 of example 2: 6 values."
    )


def test_a_click_picks_the_cell_under_it_and_a_drag_turns(block: BlockPage) -> None:
    box = block.space.bounding_box()
    assert box is not None
    # The nearest stick stands at the right: channel 6 of example 1.
    x, y = block.ask(
        "(view => view.project(5.5 * view.space.step.x - 0.25, 2.5 * view.space.cell.y, 0))"
        "(block.picture.view)"
    )
    block.page.mouse.move(box["x"] + x, box["y"] + y)
    expect(block.space.locator("path.hovered")).to_be_attached()
    block.page.mouse.down()
    block.page.mouse.up()
    expect(block.who).to_contain_text("Example 1 (digit 4), channel 6, position 3")
    yaw = block.ask("block.picture.camera.yaw")
    block.page.mouse.down()
    block.page.mouse.move(box["x"] + x - 120, box["y"] + y - 30, steps=4)
    block.page.mouse.up()
    assert block.ask("block.picture.camera.yaw") > yaw + 0.5
    expect(block.who).to_contain_text("channel 6, position 3")


def test_the_keyboard_alone_picks_turns_and_chooses(block: BlockPage) -> None:
    block.space.focus()
    for key in ("ArrowRight", "ArrowUp", "PageDown"):
        block.page.keyboard.press(key)
    expect(block.who).to_contain_text("Example 3 (digit 7), channel 4, position 7")
    expect(block.root.locator("[aria-live]")).to_contain_text("channel 4, position 7")
    for _ in range(9):
        block.page.keyboard.press("ArrowLeft")
    expect(block.who).to_contain_text("channel 1, position 7")
    yaw = block.ask("block.picture.camera.yaw")
    block.page.keyboard.press("Shift+ArrowLeft")
    assert block.ask("block.picture.camera.yaw") != yaw
    block.card("batch").focus()
    block.page.keyboard.press("ArrowRight")
    expect(block.card("layer")).to_be_focused()
    expect(block.card("layer")).to_be_checked()
    block.expect_link(Block(kind="layer", example=3, channel=1, position=7))


def test_a_map_picks_as_well(block: BlockPage) -> None:
    left, top = block.ask("block.panel.maps.placeOf(3, 1)")
    block.root.locator(".maps canvas").click(position={"x": left + 2, "y": top + 2})
    expect(block.who).to_contain_text("Example 4 (digit 0), channel 2, position 1")


def test_a_reload_and_another_browser_find_the_same(block: BlockPage, new_page: NewPage) -> None:
    block.card("group").dblclick()
    block.space.focus()
    block.page.keyboard.press("ArrowRight")
    block.choose("Examples", "8")
    wanted = Block(kind="group", examples=8, channel=4)
    block.expect_link(wanted)
    other = BlockPage(new_page())
    other.page.goto(block.page.url)
    block.page.reload()
    for found in (block, other):
        expect(found.card("group")).to_be_checked()
        expect(found.who).to_contain_text("Example 2 (digit 3), channel 4, position 6")
        expect(found.company).to_contain_text("channels 4 to 6 × 16 positions of example 2")


def test_what_is_picked_is_still_there_after_a_visit_elsewhere(block: BlockPage) -> None:
    block.card("instance").click()
    block.expect_link(Block(kind="instance"))
    block.page.get_by_role("link", name="Home").first.click()
    expect(block.space).to_have_count(0)
    block.page.get_by_role("link", name="What is averaged").first.click()
    expect(block.card("instance")).to_be_checked()
    block.expect_link(Block(kind="instance"))


def test_nonsense_in_the_link_gets_a_sentence_on_a_page_that_works(page: Page) -> None:
    block = BlockPage(page)
    block.open(kind="spectral", examples="%3Cb%3E")
    expect(page.get_by_role("alert")).to_contain_text("This link cannot be opened as it is.")
    block.card("instance").click()
    expect(block.company).to_contain_text("the 16 positions of channel 3 of example 2")


def test_one_value_has_no_result_and_two_are_plus_and_minus_one(page: Page) -> None:
    block = BlockPage(page)
    block.open(examples="1", size="1", example="1", position="1")
    expect(block.number("result")).to_have_text("–")
    expect(page.get_by_role("alert")).to_contain_text("There is only one value to average.")
    block.choose("Examples", "2")
    two = Block(examples=2, size=1, example=1, position=1)
    expected = by_torch_of(real_block(two), two, "batch")
    for name, text in expected.items():
        expect(block.number(name)).to_have_text(text)
    assert 0.5 < np.abs(float(expected["result"])) <= 1


def test_the_smallest_shape_keeps_a_pick_that_fits(block: BlockPage) -> None:
    block.space.focus()
    for _ in range(8):
        block.page.keyboard.press("PageDown")
    expect(block.who).to_contain_text("position 14")
    block.choose("Positions", "2 × 2")
    expect(block.who).to_contain_text("Example 2 (digit 3), channel 3, position 4")
    block.expect_link(Block().replace(size=2, position=4))


def test_a_killed_worker_is_replaced_and_the_page_goes_on(block: BlockPage, server: Server) -> None:
    for worker in psutil.Process(server.pid).children():
        worker.kill()
    block.page.get_by_role("button", name="Other digits").click()
    retry = block.page.get_by_role("button", name="Try again")
    seed = Block().seed + 1
    expected = by_torch_of(real_block(Block(seed=seed)), Block(seed=seed), "batch")
    shown = block.number("x").filter(has_text=re.compile(rf"^{re.escape(expected['x'])}$"))
    expect(shown.or_(retry)).to_be_visible()
    if retry.is_visible():
        retry.click()
    expect(block.number("result")).to_have_text(expected["result"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it_in_either_scheme(scheme: Any, new_page: NewPage) -> None:
    block = BlockPage(new_page(viewport=PHONE, color_scheme=scheme))
    block.open()
    assert block.page.evaluate("document.documentElement.scrollWidth") <= 390
    for kind in NORM_KINDS:
        expect(block.card(kind)).to_be_visible()
    colour = block.root.locator("xpath=..").evaluate(
        "root => getComputedStyle(root).getPropertyValue('--norm')"
    )
    assert colour == {"light": "#0072B2", "dark": "#3FA3E0"}[scheme]
