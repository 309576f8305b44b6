"""Pages through Streamlit's own test harness, with a real lab behind them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bnlab.lab.lab import close_lab
from pages.ui.shared import runs

PATIENCE_S = 90.0  # with a busy machine
INDEX = Path(__file__).parents[2] / "pages" / "index.py"


@pytest.fixture(scope="module", autouse=True)
def one_worker() -> Iterator[None]:
    """One worker serves the pages of a test module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BNLAB_WORKERS", "1")
        # There is no browser here, so no cookie; tests/browser has both.
        patch.setattr(runs, "this_browser", lambda: "0" * 32)
        yield
        close_lab()


def open_page(page: str, query: dict[str, str] | None = None) -> AppTest:
    """The page as a browser gets it that opens this link."""
    app = AppTest.from_file(str(INDEX), default_timeout=PATIENCE_S)
    for key, text in (query or {}).items():
        app.query_params[key] = text
    app.switch_page(page)
    return app.run()


def sentences(app: AppTest) -> str:
    """Every error and note on the page."""
    return "\n".join(element.value for element in [*app.error, *app.info])
