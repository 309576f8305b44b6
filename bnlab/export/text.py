"""What the files of results are written with: CSV lines, and numbers as JSON has them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np


def csv_line(row: Sequence[Any]) -> str:
    """One line of a CSV file; None and NaN are empty."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(
        ["" if cell is None or _is_nan(cell) else cell for cell in row]
    )
    return text.getvalue()


def json_parts(head: Mapping[str, Any], name: str, documents: Iterable[Any]) -> Iterator[str]:
    """A JSON object of `head` and a list of documents under `name`, one part at a time."""
    yield f'{json.dumps(head)[:-1]}, "{name}": ['
    for index, document in enumerate(documents):
        yield (", " if index else "") + json.dumps(document)
    yield "]}"


def plain(value: Any) -> Any:
    """Arrays as nested lists for JSON, which has no NaN and no infinity: both become null."""
    if not isinstance(value, np.ndarray | np.generic) or value.dtype.kind != "f":
        return value.tolist() if isinstance(value, np.ndarray) else value
    # Through text and object, so that each number keeps its shortest form: float32 0.1 is 0.1.
    flat = [float(str(one)) if np.isfinite(one) else None for one in value.ravel()]
    return np.array(flat, dtype=object).reshape(value.shape).tolist()


def _is_nan(cell: Any) -> bool:
    return isinstance(cell, np.floating) and bool(np.isnan(cell))
