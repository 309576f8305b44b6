"""One real server and one Chromium for all browser tests; a fresh context for each.

A test that fails leaves `screenshots/<its name>-<n>.png` behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.find_chromium import HOW_TO_GET_ONE, find_chromium
from tests.browser.flags import FLAGS
from tests.server import ROOT, Server, serve

PATIENCE_MS = 40_000.0
FAILED = pytest.StashKey[bool]()

NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The app, served for real with one worker."""
    with serve(workers=1) as started:
        yield started


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Headless Chromium."""
    path = find_chromium()
    if path is None:
        pytest.fail(HOW_TO_GET_ONE)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def new_context(
    server: Server, chromium: Browser, request: pytest.FixtureRequest
) -> Iterator[NewContext]:
    """Make a browser of its own, with its own cookies: one call a person.

    An error in a page's own JavaScript fails the test.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def make(**options: Any) -> BrowserContext:
        settings = {"base_url": server.url, "viewport": {"width": 1280, "height": 900}}
        context = chromium.new_context(**{**settings, **options})
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        contexts.append(context)
        return context

    yield make
    if request.node.stash.get(FAILED, False):
        _take_screenshots(request.node.name, contexts)
    for context in contexts:
        context.close()
    assert not errors, f"JavaScript errors: {errors}"


@pytest.fixture
def page(new_context: NewContext) -> Page:
    """A page of a fresh desktop browser; open addresses as page.goto("/race")."""
    return new_context().new_page()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


def _take_screenshots(name: str, contexts: list[BrowserContext]) -> None:
    folder = ROOT / "screenshots"
    folder.mkdir(exist_ok=True)
    pages = [page for context in contexts for page in context.pages]
    for number, page in enumerate(pages):
        page.screenshot(path=folder / f"{re.sub(r'[^A-Za-z0-9]+', '_', name)}-{number}.png")
