"""Settings of the whole suite."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.server import ROOT

# No deadlines: the suite must pass on a busy machine. Derandomized: a run says what the last said.
settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: the quick ones speak first, and Playwright keeps an event loop open."""
    items.sort(key=lambda item: "browser" in item.path.parts)


LONG = 300  # lines; a report, not a law: above it, think of a split by noun


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the source files that have become long."""
    sources = [
        *ROOT.glob("bnlab/**/*.py"),
        *ROOT.glob("pages/**/*.py"),
        *ROOT.glob("web/**/*.js"),
    ]
    for path in sources:
        lines = len(path.read_text().splitlines())
        if lines > LONG:
            terminalreporter.line(f"{path.relative_to(ROOT)} has {lines} lines")
