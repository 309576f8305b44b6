"""`python -m bnlab bench`: measure this machine with the benchmarks of the repository."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable
from dataclasses import asdict
from importlib import import_module
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import Any

import bnlab
from bnlab.api.cli.printed import print_json
from bnlab.api.progress import say
from bnlab.spec.fields import SpecError, refusal

FOLDER = Path(bnlab.__file__).parents[1] / "benchmarks"
FIRST = "engine"  # what is measured unless another is named


def run(options: Namespace) -> bool:
    """Measure and print; returns False when Ctrl-C came first."""
    report = _report()
    modules = [_module(name) for name in dict.fromkeys(options.names or [FIRST])]
    # People get it with the table; a JSON document has no place for it.
    say(report.machine().strip(), is_quiet=options.quiet or not options.json)
    rows: list[Any] = []
    is_whole = True
    try:
        for module in modules:
            for row in _measured(module.measure, is_quick=options.quick):
                rows.append(row)
                say(_line(row), is_quiet=options.quiet)
    except KeyboardInterrupt:
        is_whole = False
        say("Stopped by Ctrl-C. What was measured is kept.")
    if options.json:
        print_json({"rows": [asdict(row) for row in rows]})
    else:
        sys.stdout.write(f"{report.machine()}\n{report.table(rows)}\n")
    return is_whole


def benchmarks() -> tuple[str, ...]:
    """The names of the benchmarks that are there: modules that measure."""
    files = sorted(FOLDER.glob("*.py"))
    return tuple(file.stem for file in files if "\ndef measure(" in file.read_text("utf-8"))


def _report() -> ModuleType:
    if not (FOLDER / "report.py").is_file():
        raise SpecError(
            "bench: the benchmarks come with the repository, not with the installed package; "
            "call it from a checkout."
        )
    if str(FOLDER.parent) not in sys.path:
        sys.path.insert(0, str(FOLDER.parent))
    return _imported("benchmarks.report")


def _module(name: str) -> ModuleType:
    if name not in benchmarks():
        raise refusal("bench", f"{name[:60]!r}", f"one or more of {', '.join(benchmarks())}")
    return _imported(f"benchmarks.{name}")


def _imported(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise SpecError(
            f"bench: the package {error.name} is missing; pip install -r requirements-dev.txt "
            "brings it."
        ) from None


def _measured(measure: Callable[..., Iterable[Any]], *, is_quick: bool) -> Iterable[Any]:
    # Some benchmarks take their time in any case.
    knows_quick = "quick" in signature(measure).parameters
    return measure(quick=is_quick) if knows_quick else measure()


def _line(row: Any) -> str:
    rival = f", over {row.rival}" if row.rival else ""
    return f"{row.case}{rival}: {row.value:.3g} {row.unit}"
