"""Behind a base path everything of the board is found: modules, stream, exports, cookie."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.board import BoardPage
from tests.browser.conftest import NewPage
from tests.browser.test_microscope import MicroscopePage
from tests.server import Server, serve


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The app, served under /lab."""
    with serve("--server.baseUrlPath=lab", workers=1) as started:
        yield started


def test_a_race_runs_and_is_commanded_under_a_base_path(new_page: NewPage) -> None:
    board = BoardPage(new_page())
    board.start(base="/lab")
    board.pause()
    board.root.locator(".export summary").click()
    with board.page.expect_download() as download:
        board.root.get_by_role("link", name="Curves (CSV)").click()
    assert "/lab/api/run/" in download.value.url
    board.page.reload()
    board.wait_until_drawn()
    expect(board.root.get_by_role("button", name="Play (Space)")).to_be_enabled()


def test_the_microscope_works_under_a_base_path(new_page: NewPage) -> None:
    microscope = MicroscopePage(new_page())
    microscope.open(base="/lab")
    microscope.wait_for("m.history.steps.length > 2")
