"""The places of a sweep as axes of figures: cells at their indices, named by their values."""

from __future__ import annotations

from typing import Any

from bnlab.figures.axes import axis, frame_of, hidden_axis
from bnlab.results.sweeps.axes import axis_field
from bnlab.results.sweeps.words import axis_words, values_words
from bnlab.spec.experiment import Experiment

_WIDTH_PX = 290  # of the axis on a phone
_LETTER_PX = 7.5
_MAP_PX, _ROW_PX = 300, (14, 56)  # of all rows; of one row, at least and at most
_MOST_ROWS_NAMED = 13
_BELOW_PX = 92  # ticks, title, colour bar


def names_of(experiment: Experiment) -> tuple[list[str], list[str]]:
    """What the columns and the rows of a map are called; one row without a name for one axis."""
    columns, *rows = [values_words(path, experiment) for path in experiment.axes]
    return columns, rows[0] if rows else [""]


def titles_of(experiment: Experiment) -> tuple[str, str]:
    """What the two axes of a map are called; the second is empty for one axis."""
    column, *row = [axis_field(path).title for path in experiment.axes]
    return column, row[0] if row else ""


def axes_words(experiment: Experiment) -> str:
    """What a sweep goes over, in a sentence: "learning rate (0.01 to 1) and gain (0.1 to 10)"."""
    parts = []
    for path in experiment.axes:
        names = values_words(path, experiment)
        parts.append(f"{axis_words(path)} ({names[0]} to {names[-1]})")
    return " and ".join(parts)


def located(experiment: Experiment, words: list[list[str]]) -> list[list[str]]:
    """Words (Y, X) of cells, each begun with where the cell lies."""
    columns, rows = names_of(experiment)
    first, *second = [axis_words(path) for path in experiment.axes]
    down = [f", {second[0]} {name}" if second else "" for name in rows]
    return [
        [f"{first} {name}{down[y]}<br>{words[y][x]}" for x, name in enumerate(columns)]
        for y in range(len(rows))
    ]


def map_layout(experiment: Experiment) -> dict[str, Any]:
    """The axes of a map, with room for the colour bar below."""
    columns, rows = names_of(experiment)
    title, title_down = titles_of(experiment)
    across = index_axis(columns, title)
    height = round(row_px(len(rows)) * len(rows))
    below = _BELOW_PX + turned_px(across, columns)
    made = frame_of(xaxis=across, yaxis=_downwards(rows, title_down), height=height + 10 + below)
    left = 12 if len(rows) == 1 else 40 + round(_LETTER_PX * max(map(len, rows)))
    return made | {
        "margin": {"l": left, "r": 24, "t": 10, "b": below},
        "hovermode": "closest",
    }


def index_axis(names: list[str], title: str) -> dict[str, Any]:
    """An axis of equally distant places, as many of them named as a phone has room for."""
    needed = _LETTER_PX * max(map(len, names)) + 10
    is_number = all(name.replace(".", "").replace(",", "").replace("e-", "").isdigit()
                    for name in names)  # fmt: skip
    fit = max(2, int(_WIDTH_PX / needed))
    every = -(-len(names) // fit) if is_number else 1
    places = list(range(0, len(names), every))
    made = axis(
        title,
        -0.5,
        len(names) - 0.5,
        tickvals=places,
        ticktext=[names[place] for place in places],
        tickangle=0 if is_number or fit >= len(names) else 45,
        showgrid=False,
        zeroline=False,
        showspikes=False,
    )
    return made | {"title": {"text": title, "standoff": 8}}


def row_px(rows: int) -> float:
    """How high a row of a map is drawn."""
    low, high = _ROW_PX
    return min(high, max(low, _MAP_PX / rows))


def mark_px(experiment: Experiment) -> float:
    """How large a mark fits into a cell, also on a phone."""
    columns, rows = names_of(experiment)
    return min(14.0, max(4.0, 0.6 * min(_WIDTH_PX / len(columns), row_px(len(rows)))))


def _downwards(names: list[str], title: str) -> dict[str, Any]:
    if not title:
        return hidden_axis(-0.5, 0.5, fixedrange=True)
    every = -(-len(names) // _MOST_ROWS_NAMED)
    made = index_axis(names, title)
    places = list(range(0, len(names), every))
    return made | {"tickvals": places, "ticktext": [names[p] for p in places], "tickangle": 0}


def turned_px(axis: dict[str, Any], names: list[str]) -> int:
    """How much more room an axis needs below for names that are turned."""
    return round(0.7 * _LETTER_PX * max(map(len, names))) if axis["tickangle"] else 0
