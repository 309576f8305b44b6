"""People at their browsers: each with cookies of its own and one tab, lent to one test at a time.

A tab that has loaded Streamlit before opens a page in a third of the time that a new one needs,
because it keeps the compiled scripts. So tabs are kept, and made as good as new between tests:
runs started in them are stopped, cookies and storage are emptied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, WebSocket

from tests.server import ROOT

PATIENCE_MS = 90_000.0  # patience with a busy machine, not a goal
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}

# Only the browser that started a run may stop it, so its own page asks for it.
TIDY_UP = """async (streams) => {
  await Promise.all(streams.map((url) => new Promise((done) => {
    const socket = new WebSocket(url);
    socket.onopen = () => {
      socket.send(JSON.stringify({ command: { kind: "stop" } }));
      socket.close();
    };
    socket.onclose = done;
  })));
  localStorage.clear();
  sessionStorage.clear();
}"""


@dataclass(eq=False)
class Person:
    """A browser with cookies of its own, and its first tab."""

    context: BrowserContext
    page: Page
    errors: list[str] = field(default_factory=list)  # of JavaScript, in any of its tabs
    streams: set[str] = field(default_factory=set)  # addresses of the runs that it followed

    def tidy_up(self, rest: str) -> None:
        """Stop its runs and forget everything.

        Args:
            rest: the address of something small on the same server, where the tab rests.
        """
        for page in self.context.pages:
            if page != self.page:
                page.close()
        self.context.set_offline(False)
        self.page.unroute_all()
        self.page.goto(rest)
        self.page.evaluate(TIDY_UP, sorted(self.streams))
        self.context.clear_cookies()
        self.streams.clear()


class People:
    """The persons of all tests in one Chromium.

    Args:
        chromium: open, with no limit to its contexts.
    """

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium
        self._resting: dict[tuple[str, bool], list[Person]] = {}

    def person(self, url: str, *, has_touch: bool = False) -> Person:
        """Somebody who is about to visit the server at this address."""
        resting = self._resting.get((url, has_touch))
        return resting.pop() if resting else self.new_person(url, has_touch=has_touch)

    def new_person(self, url: str, **options: Any) -> Person:
        """Somebody whose browser was never used."""
        context = self._chromium.new_context(base_url=url, viewport=DESKTOP, **options)
        context.set_default_timeout(PATIENCE_MS)
        person = Person(context, context.new_page())
        context.on("weberror", lambda error: person.errors.append(str(error.error)))

        def note(socket: WebSocket) -> None:
            if "/live/" in socket.url:
                person.streams.add(socket.url)

        def listen(page: Page) -> None:
            page.on("websocket", note)

        listen(person.page)
        context.on("page", listen)
        return person

    def rest(self, person: Person, url: str, *, has_touch: bool = False) -> None:
        """Make a person as good as new, for another test to be lent."""
        person.tidy_up(f"{url}/healthz")
        self._resting.setdefault((url, has_touch), []).append(person)


def take_screenshots(name: str, persons: list[Person]) -> None:
    """Leave `screenshots/<name>-<n>.png` behind of every tab."""
    folder = ROOT / "screenshots"
    folder.mkdir(exist_ok=True)
    pages = [page for person in persons for page in person.context.pages]
    for number, page in enumerate(pages):
        page.screenshot(path=folder / f"{re.sub(r'[^A-Za-z0-9]+', '_', name)}-{number}.png")
