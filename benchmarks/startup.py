"""How long until a person can begin, and how much memory the web process takes.

Each start is measured beside that of a one-line Streamlit page, on the same machine, in turn.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psutil
from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.report import Row, main
from tests.browser.find_chromium import HOW_TO_GET_ONE, find_chromium
from tests.browser.flags import FLAGS
from tests.server import Server, serve

REPEATS = 3
PATIENCE_MS = 60_000
START = "Start the first race"
# The board has drawn an update, and Plotly the axes of its figures.
FIRST_FRAME = """() => {
    const root = document.querySelector(".bnlab-board");
    return root?.board?.stats.drawn > 0 && root.querySelector(".js-plotly-plot .main-svg");
}"""
BARE_PAGE = f"import streamlit as st\n\nst.button({START!r})\n"


def measure() -> Iterator[Row]:
    """The rows of this benchmark; starts servers and a browser, one after the other."""
    path = find_chromium()
    if path is None:
        raise SystemExit(HOW_TO_GET_ONE)
    with sync_playwright() as playwright, TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE_PAGE)
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        starts: list[float] = []
        bare_starts: list[float] = []
        for _ in range(REPEATS):
            starts.append(_start_s(browser, "app.py"))
            bare_starts.append(_start_s(browser, bare))
        ours, theirs = median(starts), median(bare_starts)
        yield Row("server start to first usable page", ours, "s", "<= 4")
        yield Row("the same of a one-line Streamlit page", theirs, "s")
        yield Row("ratio to the one-line page", ours / theirs, "x")
        yield from _first_race(browser)
        browser.close()


def _start_s(browser: Browser, script: str | Path) -> float:
    """Seconds from starting the server's process to a button that can be pressed."""
    page = browser.new_page()
    began = time.perf_counter()
    with serve(script=script, workers=None, wait=False) as server:
        _open(page, server, began)
        took = time.perf_counter() - began
        page.close()
    return took


def _open(page: Page, server: Server, began: float) -> None:
    # As a person who waits for the address to answer: the port first, then the page.
    while not server.answers("/_stcore/health"):
        if time.perf_counter() - began > PATIENCE_MS / 1000:
            raise RuntimeError(f"The server did not start:\n{server.log.read_text()}")
        time.sleep(0.01)
    page.goto(server.url)
    expect(page.get_by_role("button", name=START)).to_be_enabled(timeout=PATIENCE_MS)


def _first_race(browser: Browser) -> Iterator[Row]:
    """From the click on the one button to the first drawn frame; memory before and after."""
    with serve(workers=None) as server:
        server.wait_until_warm()
        process = psutil.Process(server.pid)
        page = browser.new_page()
        page.goto(server.url)
        expect(page.get_by_role("button", name=START)).to_be_enabled(timeout=PATIENCE_MS)
        home_mb = process.memory_info().rss / 1e6
        page.close()
        hasty = [_click_s(browser, server, is_hasty=True) for _ in range(REPEATS)]
        calm = [_click_s(browser, server, is_hasty=False) for _ in range(REPEATS)]
        race_mb = process.memory_info().rss / 1e6
    yield Row("click to first drawn frame, workers warm", median(calm), "s", "<= 1")
    yield Row("the same, in the moment the button appears", median(hasty), "s")
    yield Row("memory of the web process, home page", home_mb, "MB", "<= 200")
    yield Row("memory of the web process, after six races", race_mb, "MB", "<= 200")


def _click_s(browser: Browser, server: Server, *, is_hasty: bool) -> float:
    """Seconds from the click to the first drawn frame, in a browser without a cache.

    A person who reads a sentence first finds everything loaded; a hasty one waits for Plotly.
    """
    page = browser.new_page()
    page.goto(server.url)
    button = page.get_by_role("button", name=START)
    expect(button).to_be_enabled(timeout=PATIENCE_MS)
    if not is_hasty:
        page.wait_for_function("window.Plotly", timeout=PATIENCE_MS)
    began = time.perf_counter()
    button.click()
    page.wait_for_function(FIRST_FRAME, timeout=PATIENCE_MS)
    took = time.perf_counter() - began
    page.close()
    return took


if __name__ == "__main__":
    main(measure, __doc__ or "")
