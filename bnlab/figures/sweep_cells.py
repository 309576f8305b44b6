"""What the maps of a sweep are made of: cells, marks on them, and their words as a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bnlab.experiment import Experiment
from bnlab.figures.marks import both
from bnlab.figures.places import names_of, titles_of
from bnlab.figures.theme import VERMILLION
from bnlab.frames import Array

Update = list[dict[str, Any]]  # of each trace, what changes

_SPARSE_FROM = 13  # columns: from here on one stroke a cell hatches it


def cell_trace(scale: dict[str, Any]) -> dict[str, Any]:
    """Cells without numbers, with where their colours begin and end."""
    return {
        "type": "heatmap",
        "z": [],
        "text": [],
        "xgap": 1,
        "ygap": 1,
        "hovertemplate": "%{text}<extra></extra>",
        **scale,
    }


def cross_trace(size: float) -> dict[str, Any]:
    """Crosses for what diverged, nowhere yet."""
    marker = {"symbol": "x", "color": both(VERMILLION), "line": {"color": "#ffffff", "width": 1}}
    return _mark(marker | {"size": size})


def dash_trace(size: float) -> dict[str, Any]:
    """Dashes for what cannot be built, nowhere yet."""
    return _mark({"symbol": "line-ew", "size": size, "line": {"color": "$muted", "width": 2}})


def _mark(marker: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [],
        "y": [],
        "marker": marker,
        "hoverinfo": "skip",  # the cell below has the words
        "showlegend": False,
    }


def places_of_marks(where: Array) -> dict[str, Any]:
    """The cells (Y, X) that get a mark."""
    rows, columns = np.nonzero(where)
    return {"x": columns.tolist(), "y": rows.tolist()}


def strokes(where: Array) -> dict[str, Any]:
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
    return {"x": x, "y": y}


def said(values: Array, say: Callable[[int, int], str]) -> list[list[str]]:
    """What is said of each value (Y, X), by its row and column."""
    rows, columns = values.shape
    return [[say(row, column) for column in range(columns)] for row in range(rows)]


def merged(traces: list[dict[str, Any]], update: Update) -> list[dict[str, Any]]:
    """Traces with what has changed in them."""
    return [trace | change for trace, change in zip(traces, update, strict=True)]


def table_of(experiment: Experiment, words: list[list[str]]) -> dict[str, Any]:
    """A row a row of the map; of a single row, a row a column."""
    columns, rows = names_of(experiment)
    across, down = titles_of(experiment)
    if not down:
        return {
            "head": [across, "measured"],
            "rows": [[*c] for c in zip(columns, words[0], strict=True)],
        }
    head = [f"{down} (down), {across.lower()} (across)", *columns]
    return {"head": head, "rows": [[name, *row] for name, row in zip(rows, words, strict=True)]}
