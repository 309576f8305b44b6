"""What no source file of the app may hold.

Each law is one test over all files and names every offender: a test for each file would be
thousands.
"""

from __future__ import annotations

import ast
import doctest
import importlib
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

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


POSTPONED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
CODE_FROM_TEXT = ("eval", "exec", "compile", "__import__")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _offenders(paths: Iterable[Path], faults: Callable[[Path], Iterable[str]]) -> list[str]:
    """Every fault in these files, with the file it is in."""
    paths = list(paths)
    assert paths
    return [f"{_name(path)}: {fault}" for path in paths for fault in faults(path)]


def test_no_source_holds_what_is_unsafe() -> None:
    def faults(path: Path) -> Iterator[str]:
        text = path.read_text()
        yield from (why for pattern, why in FORBIDDEN.items() if re.search(pattern, text))

    assert _offenders(APP, faults) == []


def test_no_source_makes_text_into_code() -> None:
    # Called, that is: in words there is much of eval() on pages about training and inference.
    def faults(path: Path) -> Iterator[str]:
        for node in ast.walk(_tree(path)):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if is_call and node.func.id in CODE_FROM_TEXT:
                yield f"line {node.lineno}: text could become code"

    assert _offenders(APP, faults) == []


def test_no_error_is_swallowed_and_no_input_is_checked_by_assert() -> None:
    def faults(path: Path) -> Iterator[str]:
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Assert):
                yield f"line {node.lineno}: raise instead"
            elif isinstance(node, ast.ExceptHandler):
                if node.type is None:
                    yield f"line {node.lineno}: name the error"
                if len(node.body) == 1 and isinstance(node.body[0], ast.Pass):
                    yield f"line {node.lineno}: say what happens then"

    assert _offenders(APP, faults) == []


def test_no_source_postpones_work() -> None:
    def faults(path: Path) -> Iterator[str]:
        yield from (found[0] for found in POSTPONED.finditer(path.read_text()))

    assert _offenders(EVERY, faults) == []


def test_every_module_says_what_it_is() -> None:
    def faults(path: Path) -> Iterator[str]:
        if _tree(path).body and not ast.get_docstring(_tree(path)):
            yield "no docstring"

    assert _offenders(LIBRARY, faults) == []


def test_the_examples_in_docstrings_hold() -> None:
    def faults(path: Path) -> Iterator[str]:
        results = doctest.testmod(importlib.import_module(_module(path)))
        if results.attempted == 0:
            yield "no example was tried"
        if results.failed:
            yield f"{results.failed} of {results.attempted} examples failed"

    assert _offenders([path for path in LIBRARY if ">>>" in path.read_text()], faults) == []
