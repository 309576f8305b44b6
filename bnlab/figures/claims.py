"""The conditions of a claim as figures: seeds as dots, the interval as a bar, a row a condition.

Axis letters: S seeds, R rows.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bnlab.claims.claim import Claim, Condition, Headline
from bnlab.claims.effects import Effects, effects, thresholds
from bnlab.claims.evidence import Pairs
from bnlab.claims.findings import Finding
from bnlab.claims.words import effect_words
from bnlab.figures.axes import axis, hidden_axis
from bnlab.figures.marks import DOTTED, THIN, Figure, both, layout, scatter
from bnlab.figures.theme import BLUE, GREEN, GREY, ORANGE, SKY, VERMILLION
from bnlab.results.frames import Array

VERDICT_COLOURS: dict[Headline, str] = {
    "supported": GREEN,
    "contradicted": VERMILLION,
    "no meaningful effect": GREY,
    "inconclusive": ORANGE,
    "depends": SKY,
}
_MARKS_PX, _TEXT_PX, _BELOW_PX = 40, 20, 46  # of a row: its marks, a line of text above them
_SPREAD = 0.3  # how far dots lie apart, as a share of the marks' height
_LETTERS = 46  # of a name in a line, on a phone
_LEAST = 3.0  # times the smallest effect: what an axis shows on either side, whatever comes
_ROOM = 0.06  # beside the outermost mark, as a share of the axis
_FACTOR_TICKS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)
_MOST_TICKS = 8
_HELP = [
    ["Dot", "One seed: both started alike and saw the same minibatches. An open dot: one of the "
     "two never reached its target, and enters with the last step that was looked at."],
    ["Bar", "The 95 % interval of the effect over the seeds; the diamond is the effect."],
    ["Dotted lines", "The smallest effect of interest on either side, fixed before the run."],
    ["Shaded", "Where the statement says the effect lies: it is supported when the whole bar is "
     "in there."],
]  # fmt: skip


def condition_figures(
    claim: Claim, pairs: Mapping[str, Pairs], findings: Sequence[Finding], *, is_over: bool
) -> list[Figure]:
    """The conditions of a claim: a figure for each unit, a row for each condition.

    Args:
        claim: as it was turned.
        pairs: by condition, what is known of it so far; conditions may be missing.
        findings: what was made of them; conditions may be missing.
        is_over: the bars have the colours of their verdicts; before that they are neutral.
    """
    found = {finding.condition: finding for finding in findings}
    rows = [
        _Row(condition, pairs.get(condition.name), found.get(condition.name), is_over)
        for condition in claim.conditions
    ]
    units = dict.fromkeys(row.unit for row in rows)
    return [_figure([row for row in rows if row.unit == unit]) for unit in units]


class _Row:
    """One condition: what is known of it, and where its marks lie on the axis."""

    def __init__(
        self, condition: Condition, pairs: Pairs | None, finding: Finding | None, is_over: bool
    ) -> None:
        self.condition, self.finding, self.is_over = condition, finding, is_over
        self.unit = condition.scale, condition.unit
        self.is_factor = condition.scale == "factor"
        nothing = Effects(np.full(0, np.nan), np.full(0, False))
        self.seeds = nothing if pairs is None else effects(pairs, condition.scale)
        self.verdict = finding.verdict if finding is not None and is_over else None
        self.colour = "$text" if self.verdict is None else both(VERDICT_COLOURS[self.verdict])
        self.dots = self._at(self.seeds.values)
        found = (finding.low, finding.effect, finding.high) if finding else [math.nan] * 3
        self.low, self.effect, self.high = self._at(found).tolist()
        self.edges = self._at(thresholds(condition.scale, condition.smallest)).tolist()

    def _at(self, values: Array | Sequence[float]) -> Array:
        """Effects as positions on the axis: of factors their octaves."""
        with np.errstate(all="ignore"):
            array = np.asarray(values, np.float64)
            return np.log2(array) if self.is_factor else array

    @property
    def span(self) -> tuple[float, float]:
        """What the axis shows of it at least; an interval of few seeds may reach beyond."""
        near = [_LEAST * edge for edge in self.edges]
        dots = self.dots[np.isfinite(self.dots)].tolist()
        low, high = min(near + dots), max(near + dots)
        wide = [max(min(end, high + (high - low)), low - (high - low))
                for end in (self.low, self.high) if math.isfinite(end)]  # fmt: skip
        return min([low, *wide]), max([high, *wide])

    @property
    def name_lines(self) -> list[str]:
        """Its name, cut where a phone has no more room."""
        return textwrap.wrap(self.condition.name, _LETTERS)

    @property
    def against(self) -> str:
        """What is compared."""
        return f"{self.condition.first} against {self.condition.second}"

    def text(self, value: float) -> str:
        """An effect as a number: with its sign, or as a factor."""
        if math.isnan(value):
            return "–"
        return f"×{value:.3g}" if self.is_factor else f"{value:+.3g}"

    @property
    def words(self) -> str:
        """The effect and its interval, in a few words."""
        found = self.finding
        if found is None or math.isnan(found.effect):
            return "nothing measured" if self.is_over else "waiting"
        said = effect_words(self.condition, found)
        return said if self.verdict is None else f"{said} – {self.verdict}"


def _figure(rows: Sequence[_Row]) -> Figure:
    first, last = min(row.span[0] for row in rows), max(row.span[1] for row in rows)
    room = _ROOM * (last - first)
    ends = first - room, last + room
    title = _axis_title(rows[0].condition)
    xaxis = axis(title, *ends, zeroline=False)
    if rows[0].is_factor:
        xaxis |= _factor_ticks(*ends)
    lines = 1 + max(len(row.name_lines) for row in rows)
    height = _MARKS_PX + _TEXT_PX * lines
    made = layout(xaxis, hidden_axis(len(rows) - 0.5, -0.5), height=height * len(rows) + _BELOW_PX)
    said = [f"{row.condition.name}: {row.words}." for row in rows]
    return {
        "title": f"Effects: {title}",
        "alt": " ".join([f"A row a condition, seeds as dots over {title}.", *said]),
        "traces": [
            scatter("lines", [0.0] * 2, [-0.5, len(rows) - 0.5], line=THIN),
            *(
                trace
                for place, row in enumerate(rows)
                for trace in _traces(row, place, ends, share=_MARKS_PX / height)
            ),
        ],
        "layout": made
        | {"margin": {"l": 12, "r": 12, "t": 6, "b": _BELOW_PX}, "hovermode": "closest"}
        | {"annotations": [_name(row, place) for place, row in enumerate(rows)]},
        "table": _table(rows),
        "help": [["Right of 0" if not rows[0].is_factor else "Right of ×1",
                  "What is named first in a row has more."], *_HELP],
    }  # fmt: skip


def _traces(row: _Row, place: int, ends: tuple[float, float], *, share: float) -> list[Figure]:
    """What a row is drawn of: the claimed part, thresholds, dots, interval.

    Args:
        row: a condition.
        place: of the row, from 0 at the top.
        ends: of the axis.
        share: of the height of a row, that its marks have.
    """
    heights = [place + 0.45 - share, place + 0.45]
    middle = sum(heights) / 2
    claimed = {
        "more": (row.edges[1], ends[1]),
        "less": (ends[0], row.edges[0]),
        "equal": (row.edges[0], row.edges[1]),
    }[row.condition.direction]
    return [
        _shade(claimed, heights),
        *(
            scatter("lines", [edge] * 2, heights, line=DOTTED) for edge in row.edges
        ),
        _dots(row, middle, spread=_SPREAD * share),
        scatter("lines", [row.low, row.high], [middle] * 2, line={"color": row.colour, "width": 5}),
        scatter(
            "markers", [row.effect], [middle], hover=f"{row.against}<br>{row.words}",
            marker={"symbol": "diamond", "size": 13, "color": row.colour,
                    "line": {"color": "$background", "width": 1.5}},
        ),
    ]  # fmt: skip


def _dots(row: _Row, middle: float, *, spread: float) -> Figure:
    """One dot per seed, spread so that equal ones are seen; open where it is censored."""
    count = len(row.dots)
    colour = both(GREY if row.condition.is_control else BLUE)
    symbols = ["circle-open" if gone else "circle" for gone in row.seeds.is_censored.tolist()]
    return scatter(
        "markers", row.dots, middle + spread * np.sin(2.4 * np.arange(count)), hover="%{text}",
        text=[f"seed {place}: {row.text(v)}" for place, v in enumerate(row.seeds.values)],
        marker={
            "size": 9, "opacity": 0.75, "symbol": symbols, "color": colour,
            "line": {"width": 1.5, "color": colour},
        },
    )  # fmt: skip


def _shade(part: tuple[float, float], heights: Sequence[float]) -> Figure:
    (left, right), (top, bottom) = part, heights
    return scatter(
        "lines", [left, right, right, left], [top, top, bottom, bottom],
        line={"width": 0}, fill="toself", fillcolor=both(GREEN), opacity=0.12,
    )  # fmt: skip


def _name(row: _Row, place: int) -> Figure:
    """The name of a row above its marks, with the effect in words."""
    text = f"<b>{'<br>'.join(row.name_lines)}</b><br>{row.words}"
    return {
        "text": f'<span style="font-size:13px">{text}</span>',
        "xref": "paper", "x": 0, "xanchor": "left", "xshift": -10,
        "y": place - 0.5, "yanchor": "top", "align": "left", "showarrow": False,
        "bgcolor": "$background",
    }  # fmt: skip


def _axis_title(condition: Condition) -> str:
    match condition.scale:
        case "points":
            return "difference in percentage points"
        case "factor":
            return "factor (the first divided by the second)"
        case "octaves":
            return "difference in octaves (doublings)"
        case "number":
            return f"difference in {condition.unit}"


def _factor_ticks(first: float, last: float) -> dict[str, Any]:
    """Ticks of an axis of octaves from `first` to `last`, named by factors."""
    if last - first < 2:
        at = [value for value in _FACTOR_TICKS if first <= math.log2(value) <= last]
    else:
        every = max(1, math.ceil((last - first) / _MOST_TICKS))
        powers = range(math.ceil(first), math.floor(last) + 1)
        at = [2.0**power for power in powers if power % every == 0]
    return {"tickvals": [math.log2(value) for value in at], "ticktext": [f"×{v:.3g}" for v in at]}


def _table(rows: Sequence[_Row]) -> Figure:
    head = ["condition", "compared", "effect", "95 % interval", "pairs", "never reached", "verdict",
            "each seed"]  # fmt: skip
    lines = []
    for row in rows:
        found = row.finding
        cells = [row.condition.name, row.against]
        if found is None:
            cells += ["–"] * 5
        else:
            interval = f"{row.text(found.low)} to {row.text(found.high)}"
            gone = f"{found.never_first} / {found.never_second}"
            cells += [row.text(found.effect), interval, str(found.n), gone, row.verdict or "–"]
        seeds = [row.text(float(value)) for value in row.seeds.values]
        lines.append([*cells, ", ".join(seeds) or "–"])
    return {"head": head, "rows": lines}
