"""The pages that open the layer: how soon a change shows, how long their scripts run.

The rival is the same layer on a page of Streamlit's own data editor, tables and formulas
(`benchmarks/plain_layer_page.py`), changed in turn with ours in the same browser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median, quantiles

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from benchmarks.report import Row, main
from benchmarks.script_runs import ScriptRuns
from tests.browser.find_chromium import HOW_TO_GET_ONE, find_chromium
from tests.browser.flags import FLAGS
from tests.server import Server, serve

PATIENCE_MS = 60_000
CHANGES = 30
WARM_UP = 3  # changes that do not count: the browser sees this page for the first time
PAUSE_MS = 250  # between two changes: a person looks first
RIVAL = "benchmarks/plain_layer_page.py"


def measure() -> Iterator[Row]:
    """The rows of this benchmark; starts two servers and a browser."""
    path = find_chromium()
    if path is None:
        raise SystemExit(HOW_TO_GET_ONE)
    with (
        serve(workers=1) as server,
        serve(script=RIVAL, wait=False) as rival,
        sync_playwright() as playwright,
    ):
        rival.wait_until_ready("/_stcore/health")
        server.wait_until_warm()
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield from _edits(browser, server, rival)
        yield from _steps(browser, server)
        yield from _norms(browser, server)
        yield from _inference(browser, server)
        browser.close()


class Watched:
    """One page, its script runs, and the time from an act to the picture that shows it."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.page = browser.new_page(viewport={"width": 1280, "height": 1400})
        self.page.set_default_timeout(PATIENCE_MS)
        self.runs = ScriptRuns(self.page)
        self.page.goto(url)
        self.shown_ms: list[float] = []

    def act(self, act: Callable[[], None], probe: str) -> None:
        """Do something and note when what `probe` (JavaScript) gives has changed on screen.

        Counted from the key or click that does it, as the browser gets it.
        """
        self.page.evaluate(_WATCH, probe)
        act()
        self.page.wait_for_function("window.answered !== null")
        self.shown_ms.append(self.page.evaluate("window.answered"))
        self.page.wait_for_timeout(PAUSE_MS)

    def rows(self, what: str, script: str = "its script") -> Iterator[Row]:
        """How soon the changes showed, and how long the scripts ran that followed them."""
        yield Row(f"{what}, p95", _p95(self.shown_ms[WARM_UP:]), "ms", "<= 300")
        yield Row(f"{script}, p95", _p95(self.runs.took_ms[WARM_UP - CHANGES :]), "ms", "<= 100")


# The time is that of the last key or click before the change.
_WATCH = """(source) => {
  const probe = new Function(`return ${source}`);
  const before = probe();
  window.answered = null;
  let pressed = 0;
  const note = (event) => { pressed = event.timeStamp; };
  for (const kind of ["keydown", "click"]) addEventListener(kind, note, true);
  const look = () => {
    if (probe() === before) requestAnimationFrame(look);
    else requestAnimationFrame(() => {
      window.answered = performance.now() - pressed;
      for (const kind of ["keydown", "click"]) removeEventListener(kind, note, true);
    });
  };
  requestAnimationFrame(look);
}"""


def _edits(browser: Browser, server: Server, rival: Server) -> Iterator[Row]:
    """A new number in the minibatch, until the output that follows from it shows."""
    ours, plain = Watched(browser, f"{server.url}/one_layer"), Watched(browser, rival.url)
    box = ours.page.locator('[data-cell="x.0.0"] input')
    ours.page.get_by_text("End", exact=True).click()
    grid = plain.page.get_by_test_id("stDataFrame").first
    grid.wait_for()
    for number in range(CHANGES):
        text = f"{number % 5}.{number % 3}"  # small: of a large one the output hardly depends
        ours.act(_type_into_box(ours.page, box, text), _TEXT_OF % "[data-cell='y.0.0']")
        plain.act(
            _type_into_grid(plain.page, grid, text), _TEXT_OF % "[data-testid=stCaptionContainer]"
        )
    yield from ours.rows("one layer: a number typed until y shows it")
    yield Row("the same with Streamlit's data editor, p95", _p95(plain.shown_ms[WARM_UP:]), "ms")
    ratio = median(plain.shown_ms) / median(ours.shown_ms)
    yield Row("how much sooner ours shows (medians)", ratio, "x", ">= 1")
    ours.page.close()
    plain.page.close()


_TEXT_OF = 'document.querySelector("%s")?.textContent'


def _type_into_box(page: Page, box: Locator, text: str) -> Callable[[], None]:
    def act() -> None:
        box.fill(text)
        page.keyboard.press("Enter")

    return act


def _type_into_grid(page: Page, grid: Locator, text: str) -> Callable[[], None]:
    def act() -> None:
        grid.click(position={"x": 90, "y": 52})
        page.keyboard.type(text, delay=50)  # quicker, and it loses letters
        page.keyboard.press("Enter")

    return act


def _steps(browser: Browser, server: Server) -> Iterator[Row]:
    """One operation further, until it is marked."""
    watched = Watched(browser, f"{server.url}/one_layer")
    page = watched.page
    step = page.get_by_role("button", name="One step forward (Right)")
    step.wait_for()
    start = page.get_by_text("Start", exact=True)
    for _ in range(CHANGES):
        if step.is_disabled():
            start.click()
        watched.act(step.click, _TEXT_OF % ".bnlab-layer_example .where")
    yield from watched.rows("one layer: a step until it is marked", "the formula's script")
    page.close()


def _norms(browser: Browser, server: Server) -> Iterator[Row]:
    """A block of another size, until its numbers show."""
    watched = Watched(browser, f"{server.url}/norms")
    page = watched.page
    sizes = page.get_by_test_id("stButtonGroup").filter(has_text="Examples").first
    sizes.wait_for()
    page.wait_for_timeout(2000)
    for number in range(CHANGES):
        size = sizes.get_by_text("8" if number % 2 else "2", exact=True)
        watched.act(size.click, _TEXT_OF % ".bnlab-block .company")
    yield from watched.rows("what is averaged: another size until its numbers show")
    page.close()


def _inference(browser: Browser, server: Server) -> Iterator[Row]:
    """Companions drawn anew, until the prediction among them shows: a worker computes it."""
    watched = Watched(browser, f"{server.url}/train_vs_eval?start=forgotten-eval&pace=0")
    page = watched.page
    page.get_by_role("button", name="Train the network").click()
    redraw = page.get_by_role("button", name="Redraw the others")
    redraw.scroll_into_view_if_needed()
    page.wait_for_timeout(5000)
    for _ in range(CHANGES):
        watched.act(redraw.click, _DRAWN)
    yield from watched.rows("training and inference: companions drawn anew until it shows")
    page.close()


# Every number of every figure: what changed may be one of them.
_DRAWN = '[...document.querySelectorAll(".bnlab-plot .numbers")].map((t) => t.textContent).join()'


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main(measure, __doc__ or "")
