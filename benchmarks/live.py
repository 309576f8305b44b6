"""The live board: how often it draws, how old frames are, how soon clicks are answered, what
watching costs.

The browser, the server, the worker and the raw viewers share this machine, as they do in a class.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median, quantiles
from urllib.parse import urlencode

import psutil
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from benchmarks.report import Row, main
from benchmarks.viewers import FIRST_SCREEN, watch
from bnlab.lessons.presets import PRESETS
from bnlab.spec.experiment import Experiment
from bnlab.spec.links import to_query
from tests.browser.find_chromium import HOW_TO_GET_ONE, find_chromium
from tests.browser.flags import FLAGS
from tests.server import ROOT, Server, serve

PATIENCE_MS = 60_000
WATCHED_S = 10.0
CLICKS = 20
VIEWERS = 30
PRESET = PRESETS["spirals"]  # two variants, six layers, decision images
PANELS = tuple(PRESET.panels)
FULL_PACE = {"steps": 100_000, "batch_size": 50}  # changes of its base
FULL_PACE_S = 3.0
FULL_PACE_STEPS = 3000  # of the plain loop that full pace is held against
BOARD = "document.querySelector('.bnlab-board').board"


def measure() -> Iterator[Row]:
    """The rows of this benchmark; starts a server and a browser."""
    path = find_chromium()
    if path is None:
        raise SystemExit(HOW_TO_GET_ONE)
    with serve(workers=2) as server, sync_playwright() as playwright:
        server.wait_until_warm()
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield from _board(browser, server)
        yield from _clicks(browser, server)
        yield from _many_viewers(browser, server)
        yield from _full_pace(browser, server)
        browser.close()


# --- one viewer in a browser ---------------------------------------------------------------------


def _board(browser: Browser, server: Server) -> Iterator[Row]:
    page = _race(browser, server, pace=PRESET.pace)
    process = psutil.Process(server.pid)
    page.wait_for_timeout(2000)
    page.evaluate(f"{BOARD}.stats.ages.length = 0")
    before, cpu = _drawn(page), _cpu_s(process)
    began = time.perf_counter()
    page.wait_for_timeout(WATCHED_S * 1000)
    took = time.perf_counter() - began
    updates = (_drawn(page) - before) / took
    yield Row(f"drawn updates, {len(PANELS)} panels, headless, no GPU", updates, "per s", ">= 20")
    age = median(page.evaluate(f"{BOARD}.stats.ages"))
    yield Row("age of a frame when drawn, p50", age, "ms", "<= 120")
    yield Row("server CPU for this viewer", 100 * (_cpu_s(process) - cpu) / took, "% of a core")
    _end(page)


def _clicks(browser: Browser, server: Server) -> Iterator[Row]:
    page = _race(browser, server, pace=PRESET.pace)
    page.evaluate(WATCH_CLICKS)
    board = page.get_by_role("region", name="Live board")
    on_board = board.get_by_role("button", name="What the marks mean").first
    pills = page.get_by_test_id("stSidebar").get_by_role("button", name="layer", exact=True).first
    yield Row(
        "click on a control of the board until it is answered on screen, p95",
        _p95(page, on_board, "() => event.target.getAttribute('aria-expanded')"),
        "ms",
        "<= 300",
    )
    yield Row(
        "click on a widget of the page until it is answered on screen, p95",
        _p95(page, pills, PILLS),
        "ms",
        "<= 300",
    )
    yield Row(
        "the same until the page's script has run with it, p95",
        _p95(page, pills, "() => location.search"),
        "ms",
        "<= 300",
    )
    _end(page)


# Which pills of the sidebar are on; a click may put new elements in the place of the old.
PILLS = """() => [...document.querySelectorAll(
    "[data-testid=stSidebar] [data-testid=stButtonGroup] button"
)].map((pill) => pill.getAttribute("aria-pressed")).join()"""
# Notes, for each click, the time from the press (as the browser got it) to the first picture in
# which what `probe` sees is another than at the press.
WATCH_CLICKS = """
    window.answered = [];
    addEventListener("click", (event) => {
      if (!window.probe) return;
      const probe = window.probe(event);
      const before = probe();
      const look = () => {
        if (probe() === before) requestAnimationFrame(look);
        else requestAnimationFrame(() => answered.push(performance.now() - event.timeStamp));
      };
      requestAnimationFrame(look);
    }, true);
"""


def _p95(page: Page, target: Locator, probe: str) -> float:
    """95th percentile of the time until clicks on the target change what the probe sees."""
    page.evaluate(f"answered.length = 0; window.probe = (event) => {probe}")
    target.scroll_into_view_if_needed()
    for number in range(1, CLICKS + 1):
        target.click()
        page.wait_for_function(f"answered.length >= {number}", timeout=PATIENCE_MS)
        page.wait_for_timeout(200)
    return quantiles(page.evaluate("answered"), n=20)[-1]


# --- many viewers without one --------------------------------------------------------------------


def _many_viewers(browser: Browser, server: Server) -> Iterator[Row]:
    page = _race(browser, server, pace=PRESET.pace)
    run, token = _run_and_token(page)
    page.goto("about:blank")
    process = psutil.Process(server.pid)
    cpu, began = _cpu_s(process), time.perf_counter()
    seen = watch(server.url, run, token, viewers=VIEWERS, seconds=WATCHED_S, screen=FIRST_SCREEN)
    took = time.perf_counter() - began
    slowest = min(viewer.updates for viewer in seen) / WATCHED_S
    size = sum(viewer.size for viewer in seen) / sum(viewer.updates for viewer in seen)
    yield Row(f"{VIEWERS} raw viewers, updates of the slowest", slowest, "per s", ">= 20")
    yield Row(f"{VIEWERS} raw viewers, server CPU", (_cpu_s(process) - cpu) / took, "cores", "<= 1")
    yield Row("size of an update, first screen", size / 1000, "kB")
    _end(page)


# --- full pace -----------------------------------------------------------------------------------


def _full_pace(browser: Browser, server: Server) -> Iterator[Row]:
    """What watching costs at full pace, against a loop that only trains, in turn.

    Counted in steps per CPU second of the process that trains: on two cores the server and the
    viewer have the other one, and neighbours of this benchmark do not count.
    """
    everything = {"panels": {"quantity": "gradient", "pictures": True}}
    curves_only = {"panels": {"quantity": None, "pictures": False}}
    page = _race(browser, server, pace=0, **FULL_PACE)
    run, token = _run_and_token(page)
    page.goto("about:blank")
    workers = psutil.Process(server.pid).children()
    plain: list[float] = []
    per_s: list[float] = []
    updates: list[float] = []
    watched: dict[str, list[float]] = {}
    for _ in range(3):  # a race has at most 100,000 steps
        plain.append(_plain_steps_per_cpu_s())
        for case, screen in (
            ("first screen's panels", FIRST_SCREEN),
            ("all panels", everything),
            ("curves only", curves_only),
        ):
            cpu = sum(map(_cpu_s, workers))
            (seen,) = watch(server.url, run, token, viewers=1, seconds=FULL_PACE_S, screen=screen)
            steps = seen.steps[-1][1] - seen.steps[0][1]
            watched.setdefault(case, []).append(steps / (sum(map(_cpu_s, workers)) - cpu))
            if screen is FIRST_SCREEN:
                per_s.append(seen.steps_per_s)
                updates.append(seen.updates / FULL_PACE_S)
    _end(page)
    yield Row("full pace, training only, both networks", median(plain), "steps per CPU s")
    yield Row("full pace, first screen's panels, by the clock", median(per_s), "steps/s")
    yield Row("updates at full pace, first screen's panels", median(updates), "per s")
    for case, rates in watched.items():
        cost = 100 * (1 - median(rates) / median(plain))
        goal = "<= 20" if case.startswith("first") else None
        yield Row(f"cost of probes and stream at full pace, {case}", cost, "%", goal)


def _plain_steps_per_cpu_s() -> float:
    """The same race in a process that only trains."""
    program = f"""
import time, torch
from bnlab.fleet.plan import plan_fleets
from bnlab.fleet.train import Training
from bnlab.lessons.presets import PRESETS
torch.set_num_threads(1)
torch.set_flush_denormal(True)
experiment = PRESETS[{PRESET.name!r}].experiment
base = experiment.base.replace({FULL_PACE!r})
fleets = [Training(plan) for plan in plan_fleets(experiment.model_copy(update={{"base": base}}))]
def advance(steps):
    for _ in range(steps):
        for fleet in fleets: fleet.step()
advance(200)
began = time.process_time()
advance({FULL_PACE_STEPS})
print({FULL_PACE_STEPS} / (time.process_time() - began))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, cwd=ROOT
    )
    return float(done.stdout)


# --- the page ------------------------------------------------------------------------------------


def _race(
    browser: Browser, server: Server, *, pace: float, steps: int = 20_000, **changes: int
) -> Page:
    """A page that shows a race of the preset, long enough to be watched."""
    base = PRESET.experiment.base.replace({"steps": steps, **changes})
    experiment: Experiment = PRESET.experiment.model_copy(update={"base": base})
    page = browser.new_context(viewport={"width": 1280, "height": 1600}).new_page()
    page.goto(f"{server.url}/race?{urlencode({**to_query(experiment), 'pace': f'{pace:g}'})}")
    button = page.get_by_role("button", name="Start the race")
    expect(button).to_be_enabled(timeout=PATIENCE_MS)
    button.click()
    page.wait_for_function(
        "document.querySelector('.bnlab-board')?.board?.stats.drawn > 5", timeout=PATIENCE_MS
    )
    return page


def _end(page: Page) -> None:
    """Stop the run of a page, so that it does not train beside the next measurement."""
    if page.url == "about:blank":
        page.go_back()
    page.wait_for_function(
        "document.querySelector('.bnlab-board')?.board?.state", timeout=PATIENCE_MS
    )
    page.evaluate(f"{BOARD}.command({{kind: 'stop'}})")
    page.wait_for_function(f"{BOARD}.state.run.has_ended", timeout=PATIENCE_MS)
    page.context.close()


def _run_and_token(page: Page) -> tuple[str, str]:
    return page.evaluate(f"{BOARD}.runId"), page.evaluate(f"{BOARD}.token")


def _drawn(page: Page) -> int:
    drawn: int = page.evaluate(f"{BOARD}.stats.drawn")
    return drawn


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main(measure, __doc__ or "")
