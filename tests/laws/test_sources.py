"""What no source file of the app may hold."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
from pathlib import Path

import pytest

from tests.server import ROOT

APP = sorted([ROOT / "app.py", *ROOT.glob("bnlab/**/*.py"), *ROOT.glob("pages/**/*.py")])
LIBRARY = sorted(ROOT.glob("bnlab/**/*.py"))
EVERY = sorted([*APP, *ROOT.glob("web/**/*.js"), *ROOT.glob("tests/**/*.py")])
FORBIDDEN = {
    r"unsafe_allow_html|unsafe_allow_javascript": "text of a link could become markup",
    r"\bimport (pickle|marshal|dill|cloudpickle)\b": "bytes could become code",
    r"multiprocessing\.(Process|Pool|spawn)": "spawning would run the Streamlit script again",
    r"shell=True": "text could become a command",
}


def _ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", APP, ids=_ids)
def test_no_source_holds_what_is_unsafe(path: Path) -> None:
    text = path.read_text()
    found = {why for pattern, why in FORBIDDEN.items() if re.search(pattern, text)}
    assert found == set()


@pytest.mark.parametrize("path", APP, ids=_ids)
def test_no_source_makes_text_into_code(path: Path) -> None:
    # Called, that is: in words there is much of eval() on pages about training and inference.
    for node in ast.walk(ast.parse(path.read_text())):
        is_code = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        assert not (is_code and node.func.id in ("eval", "exec", "compile", "__import__")), (
            f"line {node.lineno}: text could become code"
        )


@pytest.mark.parametrize("path", APP, ids=_ids)
def test_no_error_is_swallowed_and_no_input_is_checked_by_assert(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        assert not isinstance(node, ast.Assert), f"line {node.lineno}: raise instead"
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"line {node.lineno}: name the error"
            is_pass = len(node.body) == 1 and isinstance(node.body[0], ast.Pass)
            assert not is_pass, f"line {node.lineno}: say what happens then"


@pytest.mark.parametrize("path", EVERY, ids=_ids)
def test_no_source_postpones_work(path: Path) -> None:
    assert not re.search(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b", path.read_text())


@pytest.mark.parametrize("path", LIBRARY, ids=_ids)
def test_every_module_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree) or not tree.body


@pytest.mark.parametrize("path", [path for path in LIBRARY if ">>>" in path.read_text()], ids=_ids)
def test_the_examples_in_docstrings_hold(path: Path) -> None:
    results = doctest.testmod(importlib.import_module(_module(path)))
    assert results.attempted > 0
    assert results.failed == 0
