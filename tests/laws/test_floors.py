"""Imports only point down, and the web process never imports what only workers need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import bnlab
from tests.server import ROOT

HEAVY = {"torch", "sklearn", "scipy", "pandas", "pyarrow"}
WEB = ("bnlab.live.routes", "bnlab.lab.lab", "bnlab.figures.board", "bnlab.lessons.presets")
LIST_MODULES = "import sys, {module}; print('\\n'.join(sys.modules))"


def _loaded_by(module: str) -> set[str]:
    """Modules that a fresh interpreter holds after one import."""
    done = subprocess.run(
        [sys.executable, "-c", LIST_MODULES.format(module=module)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_every_import_points_down() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("module", WEB)
def test_what_the_web_process_imports_loads_nothing_heavy(module: str) -> None:
    assert _loaded_by(module) & {*HEAVY, "plotly"} == set()


def test_the_app_loads_nothing_heavy() -> None:
    assert _loaded_by("app") & HEAVY == set()  # Streamlit itself imports a little of plotly


def test_importing_the_library_loads_nothing_of_it() -> None:
    assert {name for name in _loaded_by("bnlab") if name.startswith("bnlab")} == {"bnlab"}


@pytest.mark.parametrize("name", sorted(bnlab._MODULE_OF))
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(bnlab, name) is not None
    assert name in dir(bnlab)


def test_a_name_that_is_not_public_is_refused() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = bnlab.nonsense
