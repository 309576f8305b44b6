"""What a benchmark reports: rows of figures, as a table for people or as JSON."""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from inspect import signature

import psutil


@dataclass(frozen=True)
class Row:
    """One figure and the goal it is held against."""

    case: str
    value: float
    unit: str
    goal: str | None = None  # ">= x", "<= x" or none
    rival: str = ""  # whom the value is a ratio to, if anybody

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None without a goal."""
        if self.goal is None:
            return None
        sign, limit = self.goal.split()
        return self.value >= float(limit) if sign == ">=" else self.value <= float(limit)


def main(measure: Callable[..., Iterable[Row]], description: str) -> None:
    """Run a benchmark from the command line.

    `--json` prints one object instead of a table; `--quick`, for benchmarks that know it, is for
    a first look: fewer rounds, less certain figures.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help='print {"rows": [...]}')
    if "quick" in signature(measure).parameters:
        parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    options = vars(parser.parse_args())
    as_json = options.pop("json")
    rows = list(measure(**options))
    if as_json:
        print(json.dumps({"rows": [asdict(row) for row in rows]}))
    else:
        print(machine())
        print(table(rows))


def table(rows: Iterable[Row]) -> str:
    """The rows in columns (Markdown), values with three digits."""
    lines = ["| case | rival | value | goal | |", "|---|---|---:|---|---|"]
    words = {None: "", True: "met", False: "not met"}
    for row in rows:
        goal = f"{row.goal} {row.unit}" if row.goal else ""
        value = f"{row.value:.3g} {row.unit}"
        lines.append(f"| {row.case} | {row.rival} | {value} | {goal} | {words[row.is_met]} |")
    return "\n".join(lines)


def machine() -> str:
    """The machine in one line."""
    cores = (
        len(psutil.Process().cpu_affinity() or [])
        if hasattr(psutil.Process, "cpu_affinity")
        else psutil.cpu_count()
    )
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{platform.machine()}, {cores} cores, {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}\n"
    )
