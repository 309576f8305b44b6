"""Take the picture of a race for the README: `make screenshot`."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from tests.browser.board import BoardPage
from tests.browser.find_chromium import find_chromium
from tests.browser.flags import FLAGS
from tests.server import serve

PICTURE = Path(__file__).with_name("race.png")
SIZE = {"width": 1280, "height": 1000}
COLOURS = 64  # a palette keeps the file small
PATIENCE_MS = 120_000


def main() -> None:
    """Run the first preset to its end and keep what is on screen."""
    expect.set_options(timeout=PATIENCE_MS)
    with serve(workers=1) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        page = browser.new_page(base_url=server.url, viewport=SIZE)
        board = BoardPage(page)
        board.start(pace=0)
        board.wait_for_state("completed")
        page.wait_for_timeout(1500)  # Plotly takes over from the painter
        shot = page.screenshot()
        browser.close()
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
