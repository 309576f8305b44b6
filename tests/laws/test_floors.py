"""The web process never imports what only workers need; every public name is there.

That imports only point down is checked by `lint-imports`, in `make lint`.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

import bnlab
from tests.server import ROOT

HEAVY = {"torch", "sklearn", "scipy", "pandas", "pyarrow"}
WEB = ("bnlab.live.routes", "bnlab.lab.lab", "bnlab.figures.board", "bnlab.lessons.presets")
LIST_MODULES = "import sys, {modules}; print('\\n'.join(sys.modules))"


def _loaded_by(*modules: str) -> set[str]:
    """Modules that a fresh interpreter holds after these imports."""
    done = subprocess.run(
        [sys.executable, "-c", LIST_MODULES.format(modules=", ".join(modules))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_what_the_web_process_imports_loads_nothing_heavy() -> None:
    assert _loaded_by(*WEB) & {*HEAVY, "plotly"} == set()


def test_the_app_loads_nothing_heavy() -> None:
    assert _loaded_by("app") & HEAVY == set()  # Streamlit itself imports a little of plotly


def test_importing_the_library_loads_nothing_of_it() -> None:
    assert {name for name in _loaded_by("bnlab") if name.startswith("bnlab")} == {"bnlab"}


def test_every_public_name_is_there() -> None:
    names = set(bnlab._MODULE_OF)
    assert [name for name in sorted(names) if getattr(bnlab, name, None) is None] == []
    assert names - set(dir(bnlab)) == set()


def test_a_name_that_is_not_public_is_refused() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = bnlab.nonsense
