"""What commands print on standard output: a table for people, or one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDE = 160  # characters per line when the output is not a terminal


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> None:
    """A table; the first `left` columns are aligned left, the others right."""
    console = Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(head):
        table.add_column(Text(name), justify="left" if place < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def print_json(document: Mapping[str, Any] | Sequence[Any]) -> None:
    """One JSON document and a newline."""
    sys.stdout.write(json.dumps(document, indent=1, allow_nan=False) + "\n")
