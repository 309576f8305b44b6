"""What the server process has loaded after every page was opened."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.server import ROOT, Server

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "index")
COMPILED = ("torch", "sklearn", "scipy", "pandas")


def _libraries(pid: int) -> set[str]:
    """Packages of whose compiled modules some are mapped into a process."""
    mapped = {memory.path for memory in psutil.Process(pid).memory_maps()}
    folders = {part for path in mapped for part in Path(path).parts}
    return folders & set(COMPILED)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_and_the_web_process_stays_without_torch(
    page: Page, server: Server, name: str
) -> None:
    page.goto("/" if name == "home" else f"/{name}")
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stMain").get_by_role("heading").first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert _libraries(server.pid) == set()


def test_racing_loads_nothing_of_it_either(page: Page, server: Server) -> None:
    page.goto("/")
    page.get_by_role("button", name="Start the first race").click()
    page.wait_for_function("document.querySelector('.bnlab-board')?.board?.stats.drawn > 3")
    assert _libraries(server.pid) == set()


def test_putting_a_claim_to_the_test_does_not_either(page: Page, server: Server) -> None:
    page.goto("/claims?claim=input_scales&seeds=2")
    page.get_by_role("button", name="Run the test").click()
    expect(page.get_by_role("heading", name="The verdict")).to_be_visible(timeout=120_000)
    assert _libraries(server.pid) == set()


def test_a_worker_has_what_the_web_process_must_not_have(page: Page, server: Server) -> None:
    page.goto("/")
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    workers = psutil.Process(server.pid).children()
    assert workers
    assert any("torch" in _libraries(worker.pid) for worker in workers)
