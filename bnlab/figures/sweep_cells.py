"""What the maps of a sweep are made of: cells, marks on them, and their words as a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bnlab.figures.marks import THIN, Figure, both, scatter
from bnlab.figures.places import names_of, titles_of
from bnlab.figures.theme import VERMILLION
from bnlab.results.frames import Array
from bnlab.spec.experiment import Experiment

_SPARSE_FROM = 13  # columns: from here on one stroke a cell hatches it


def cells(z: list[list[float | None]], *, text: list[list[str]], **scale: Any) -> Figure:
    """Cells in colour (Y, X), with what each says when it is pointed at."""
    return {
        "type": "heatmap",
        "z": z,
        "text": text,
        "xgap": 1,
        "ygap": 1,
        "hovertemplate": "%{text}<extra></extra>",
        **scale,
    }


def crosses(where: Array, size: float) -> Figure:
    """Crosses on cells (Y, X), for what diverged; light around them, to be seen on any colour."""
    marker = {"symbol": "x", "color": both(VERMILLION), "line": {"color": "#ffffff", "width": 1}}
    return _marks(where, marker | {"size": size})


def dashes(where: Array, size: float) -> Figure:
    """Dashes on cells (Y, X), for what cannot be built."""
    line = {"color": "$muted", "width": 2}
    return _marks(where, {"symbol": "line-ew", "size": size, "line": line})


def hatching(where: Array) -> Figure:
    """Strokes across cells (Y, X): one, or three where cells are large."""
    rows, columns = np.nonzero(where)
    x: list[float | None] = []
    y: list[float | None] = []
    shifts = (0.0,) if where.shape[1] >= _SPARSE_FROM else (-0.5, 0.0, 0.5)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        for shift in shifts:
            begin, end = max(-0.5, -0.5 + shift), min(0.5, 0.5 + shift)
            x += [column + begin, column + end, None]
            y += [row + begin - shift, row + end - shift, None]
    return scatter("lines", [], [], line=THIN, opacity=0.5) | {"x": x, "y": y}


def said(values: Array, say: Callable[[int, int], str]) -> list[list[str]]:
    """What is said of each value (Y, X), by its row and column."""
    rows, columns = values.shape
    return [[say(row, column) for column in range(columns)] for row in range(rows)]


def table_of(experiment: Experiment, words: list[list[str]]) -> Figure:
    """A row a row of the map, the highest first; of a single row, a row a column."""
    columns, rows = names_of(experiment)
    across, down = titles_of(experiment)
    if not down:
        lines = [[name, word] for name, word in zip(columns, words[0], strict=True)]
        return {"head": [across, "measured"], "rows": lines}
    lines = [[name, *row] for name, row in zip(rows, words, strict=True)]
    return {"head": [f"{down} (down), {across} (across)", *columns], "rows": lines[::-1]}


def _marks(where: Array, marker: dict[str, Any]) -> Figure:
    rows, columns = np.nonzero(where)
    return scatter("markers", columns, rows, marker=marker)  # the cell below has the words
