"""One real server and one Chromium for all browser tests; whoever visits it is lent to a test.

A test that fails leaves `screenshots/<its name>-<n>.png` behind.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from tests.browser.find_chromium import HOW_TO_GET_ONE, find_chromium
from tests.browser.flags import FLAGS
from tests.browser.people import DESKTOP, PATIENCE_MS, People, Person, take_screenshots
from tests.server import Server, serve

FAILED = pytest.StashKey[bool]()
OPEN = pytest.StashKey[ExitStack]()

NewPage = Callable[..., Page]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The app, served for real with one worker."""
    with serve(workers=1) as started:
        yield started


@pytest.fixture(scope="session")
def mortal_server() -> Iterator[Server]:
    """Another one, for tests that kill its worker: the worker of the others is never killed."""
    with serve(workers=1) as started:
        yield started


@pytest.fixture(scope="session")
def people(request: pytest.FixtureRequest) -> People:
    """Whoever visits, with headless Chromium; closed after the last browser test."""
    path = find_chromium()
    if path is None:
        pytest.fail(HOW_TO_GET_ONE)
    expect.set_options(timeout=PATIENCE_MS)
    stack = request.session.stash[OPEN] = ExitStack()
    playwright = stack.enter_context(sync_playwright())
    chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
    stack.callback(chromium.close)
    return People(chromium)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, None, None]:
    """Close Chromium after the last browser test: Playwright keeps an event loop running.

    Later tests in this process could not run one of their own.
    """
    yield
    if nextitem is None or "browser" not in nextitem.path.parts:
        stack = item.session.stash.get(OPEN, None)
        if stack is not None:
            stack.close()


@pytest.fixture
def new_page(server: Server, people: People, request: pytest.FixtureRequest) -> Iterator[NewPage]:
    """Give the tab of a person with no cookies and no storage: one call a person.

    An error in a page's own JavaScript fails the test.
    """
    lent: list[tuple[Person, dict[str, Any]]] = []

    def lend(
        *,
        url: str = server.url,
        viewport: ViewportSize = DESKTOP,
        color_scheme: Any = "light",
        has_touch: bool = False,
        is_new: bool = False,
    ) -> Page:
        if is_new or url != server.url:
            person = people.new_person(url, has_touch=has_touch)
            lent.append((person, {}))
        else:
            person = people.person(url, has_touch=has_touch)
            lent.append((person, {"url": url, "has_touch": has_touch}))
        person.page.set_viewport_size(viewport)
        person.page.emulate_media(color_scheme=color_scheme)
        return person.page

    yield lend
    persons = [person for person, _ in lent]
    has_failed = request.node.stash.get(FAILED, False)
    if has_failed:
        take_screenshots(request.node.name, persons)
    for person, place in lent:
        if place and not has_failed:
            people.rest(person, **place)
        else:
            person.context.close()
    errors = [error for person in persons for error in person.errors]
    assert not errors, f"JavaScript errors: {errors}"


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page of a desktop browser; open addresses as page.goto("/race")."""
    return new_page()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report
