"""Settings of the whole suite."""

from __future__ import annotations

import os

# Before anything loads numpy: networks this small lose more to threads than they win.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from bnlab.lab.workers.server import process
from tests.forks import Nursery
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

BROWSER = "browser"  # the group of tests that share one server and one Chromium


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Side by side with others (pytest -n) the browser tests begin first: they take longest.

    Otherwise they come last: the quick ones speak first.
    """
    is_side_by_side = "PYTEST_XDIST_WORKER" in os.environ
    items.sort(key=lambda item: _is_in_browser(item) != is_side_by_side)


class _ByFile(LoadScopeScheduling):
    """Keep the browser tests together, and every other file: they share what takes long to start.

    xdist 3.8 has `--dist loadgroup` for this, but with pytest 9.2 it does not see any group
    (findings/xdist_loadgroup.sh).
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return BROWSER if file.startswith("tests/browser/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """How tests are dealt to the processes of `pytest -n`."""
    return _ByFile(config, log)


def _is_in_browser(item: pytest.Item) -> bool:
    return "browser" in item.path.relative_to(ROOT).parts


@pytest.fixture(scope="session", autouse=True)
def forked_workers() -> Iterator[None]:
    """Worker processes of this process are forks of one that has loaded torch."""
    if sys.platform != "linux":  # elsewhere an orphan cannot be taken in
        yield
        return
    nursery, start_program = Nursery(), process.start_program

    def start(program: Sequence[str], fd: int, environment: Mapping[str, str]) -> Any:
        if program != process.PROGRAM:
            return start_program(program, fd, environment)
        return nursery.start_worker(fd, dict(environment))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "start_program", start)
        yield
    nursery.close()


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
