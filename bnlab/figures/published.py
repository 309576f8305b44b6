"""Published measurements and the lab's own on one axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from bnlab.claims.findings import Finding
from bnlab.figures.axes import axis, hidden_axis, ticks
from bnlab.figures.marks import THIN, Figure, both, layout, scatter
from bnlab.figures.theme import BLUE, VERMILLION
from bnlab.lessons.published import Comparison, Ours, Reported

_ROW_PX, _BELOW_PX, _PLANE_PX = 46, 46, 320
_LABEL = 0.36  # of a row: how far above its mark the label stands
_FACTORS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
_HELP = [
    ["Square", "Published. An open one has not been checked against the paper."],
    ["Circle and bar", "Measured here: the effect and its 95 % interval over the seeds."],
]
Placed = Sequence[tuple[Ours, Finding]]


def comparison_figure(comparison: Comparison, placed: Placed) -> Figure:
    """What was published and what was found here, a row each; or over the other axis.

    Args:
        comparison: what is put beside each other.
        placed: our findings on its axis, see `Comparison.placed`.
    """
    made = _plane(comparison, placed) if comparison.across else _rows(comparison, placed)
    said = [f"{one.label}: {_number(comparison, one.value)}." for one in comparison.reported]
    ours = [f"{mine.label}: {_interval(comparison, found)}." for mine, found in placed]
    return made | {
        "title": comparison.axis,
        "alt": " ".join(
            [f"{comparison.axis}. Published:", *said, "Measured here:", *(ours or ["nothing yet."])]
        ),
        "table": {
            "head": ["", comparison.axis, "pairs"],
            "rows": [
                *([_label(one), _number(comparison, one.value), "published"]
                  for one in comparison.reported),
                *([mine.label, _interval(comparison, found), str(found.n)]
                  for mine, found in placed),
            ],
        },
        "help": _HELP,
    }  # fmt: skip


def _rows(comparison: Comparison, placed: Placed) -> Figure:
    labels = [*(_label(one) for one in comparison.reported), *(mine.label for mine, _ in placed)]
    first = len(comparison.reported)
    published = _squares(
        [one.value for one in comparison.reported], list(range(first)), comparison.reported
    )
    values = [found.effect for _, found in placed]
    places = list(range(first, first + len(placed)))
    bars = [_bar([found.low, found.high], [place] * 2)
            for place, (_, found) in zip(places, placed, strict=True)]  # fmt: skip
    yaxis = hidden_axis(len(labels) - 0.5, -0.6)
    height = _ROW_PX * len(labels) + _BELOW_PX
    made = layout(_scale(comparison), yaxis, height=height, legend_rows=1)
    names = [
        {
            "text": label, "xref": "paper", "x": 0, "xanchor": "left", "y": place - _LABEL,
            "yanchor": "middle", "showarrow": False, "bgcolor": "$background",
        }
        for place, label in enumerate(labels)
    ]  # fmt: skip
    zero = 1.0 if comparison.scale == "factor" else 0.0
    return {
        "traces": [
            _neutral([zero] * 2, [-0.6, len(labels) - 0.5]),
            *bars, published, _circles(values, places, [mine.label for mine, _ in placed]),
        ],
        "layout": made | {"annotations": names, "hovermode": "closest"},
    }  # fmt: skip


def _plane(comparison: Comparison, placed: Placed) -> Figure:
    shown = [one for one in comparison.reported if one.at is not None]
    mine = [(ours, found) for ours, found in placed if ours.at is not None]
    at = [one.at for one in shown] + [ours.at for ours, _ in mine]
    places = sorted({value for value in at if value is not None})
    xaxis = axis(comparison.across, type="log", **ticks(places))
    bars = [_bar([ours.at or 0.0] * 2, [found.low, found.high]) for ours, found in mine]
    made = layout(xaxis, _scale(comparison), height=_PLANE_PX, legend_rows=1)
    squares = _squares([one.at or 0.0 for one in shown], [one.value for one in shown], shown)
    circles = _circles(
        [ours.at or 0.0 for ours, _ in mine],
        [found.effect for _, found in mine],
        [ours.label for ours, _ in mine],
    )
    line = {"mode": "lines+markers"}
    edges = [min(places, default=1.0), max(places, default=2.0)]
    return {
        "traces": [_neutral(edges, [0.0] * 2), *bars, squares | line, circles | line],
        "layout": made | {"hovermode": "closest"},
    }


def _scale(comparison: Comparison) -> dict[str, Any]:
    """The axis of the effects; its words are the title of the figure."""
    if comparison.scale != "factor":
        return {"zeroline": False}
    return {"type": "log", "tickvals": _FACTORS, "ticktext": [f"×{value:g}" for value in _FACTORS]}


def _squares(x: Sequence[float], y: Sequence[float], shown: Sequence[Reported]) -> Figure:
    symbols = ["square" if one.is_checked else "square-open" for one in shown]
    return _marks("published", x, y, [_label(one) for one in shown], VERMILLION, symbols)


def _circles(x: Sequence[float], y: Sequence[float], labels: Sequence[str]) -> Figure:
    return _marks("measured here", x, y, labels, BLUE, ["circle"] * len(labels))


def _marks(
    name: str,
    x: Sequence[float],
    y: Sequence[float],
    labels: Sequence[str],
    colour: str,
    symbols: Sequence[str],
) -> Figure:
    return scatter(
        "markers", x, y, hover="%{text}<br>%{x:.3g}, %{y:.3g}", name=name, text=list(labels),
        marker={"size": 11, "color": both(colour), "symbol": list(symbols)},
        line={"color": both(colour), "width": 2},
    )  # fmt: skip


def _bar(x: Sequence[float], y: Sequence[float]) -> Figure:
    return scatter("lines", x, y, line={"color": both(BLUE), "width": 5}, opacity=0.5)


def _neutral(x: Sequence[float], y: Sequence[float]) -> Figure:
    """Where both are alike."""
    return scatter("lines", x, y, line=THIN)


def _label(one: Reported) -> str:
    return one.label if one.is_checked else f"{one.label} (unchecked)"


def _number(comparison: Comparison, value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"×{value:.3g}" if comparison.scale == "factor" else f"{value:+.1f}"


def _interval(comparison: Comparison, found: Finding) -> str:
    low, high = (_number(comparison, end) for end in (found.low, found.high))
    return f"{_number(comparison, found.effect)} ({low} to {high})"
