"""A sweep over one axis as curves: one line per variant with a band, its best value marked."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bnlab.figures.marks import Figure, layout, scatter
from bnlab.figures.places import axes_words, index_axis, names_of, titles_of, turned_px
from bnlab.figures.scales import colour_bar, ends
from bnlab.figures.theme import variant_colours
from bnlab.results.frames import Array
from bnlab.results.sweeps.axes import axis_field, is_geometric
from bnlab.results.sweeps.curves import Curve, curves
from bnlab.results.sweeps.metrics import METRICS, Metric, MetricName
from bnlab.results.sweeps.table import Table
from bnlab.results.sweeps.words import best_words, number_words
from bnlab.spec.experiment import Experiment

_HEIGHT_PX = 320
_NAMES_A_ROW = 3  # of the legend, on a phone
_BAND = 0.18  # opacity
_ROOM = 0.04  # beside the first and last value, as a share of the axis
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "hexagon", "bowtie",
            "cross")  # fmt: skip
_HELP = [
    ["Line", "The mean over the seeds; of steps the median seed."],
    ["Band", "From the lowest to the highest seed."],
    ["Star", "The best value of the variant, where no seed diverged; the mark at an edge of the "
     "axis may be beaten beyond it."],
    ["Cross", "Seeds diverged here: all of them, or the line shows the mean of the others."],
]  # fmt: skip


def curves_figure(
    experiment: Experiment, table: Table, metric: MetricName, *, at: int | None = None
) -> Figure:
    """One line per variant over the values of the axis, with a band over its seeds.

    Args:
        experiment: a sweep with one axis.
        table: its numbers so far.
        metric: one of `METRICS`.
        at: index of an evaluation; None: the newest of each cell.
    """
    shown = curves(experiment, table, metric, at=at)
    rule = METRICS[metric]
    colours = variant_colours(list(experiment.variants))
    rows = -(-len(shown) // _NAMES_A_ROW)
    across, names = _across(experiment), names_of(experiment)[0]
    made = layout(across, _upwards(rule, experiment), legend_rows=rows, height=_HEIGHT_PX)
    made["margin"]["b"] += turned_px(across, names)
    if _scale(experiment) is None:
        made["hovermode"] = "closest"  # a common title would be the index of the word
    columns = [_texts(experiment, rule, curve) for curve in shown]
    best = [best_words(experiment, metric, curve) for curve in shown if rule.can_choose]
    title = titles_of(experiment)[0]
    return {
        "title": f"{rule.title} over {title.lower()}",
        "alt": " ".join([f"{rule.title} over {axes_words(experiment)}, a line each.", *best]),
        "traces": [
            trace
            for place, curve in enumerate(shown)
            for trace in _of_variant(
                experiment, curve, metric=rule, colour=colours[curve.variant], place=place
            )
        ],
        "layout": made,
        "table": {
            "head": [title, *(curve.variant for curve in shown)],
            "rows": [list(row) for row in zip(names, *columns, strict=True)],
        },
        "help": [["Number", rule.words], *_HELP],
    }


def _of_variant(
    experiment: Experiment, curve: Curve, *, metric: Metric, colour: dict[str, str], place: int
) -> list[Figure]:
    """Band, line, crosses and star of one variant."""
    at, bounds = _positions(experiment), ends_of(metric, experiment)
    low, middle, high = (
        np.clip(values, *bounds) for values in (curve.low, curve.values, curve.high)
    )
    gone = curve.diverged > 0
    # What has no number at all gets its cross at the bad end.
    heights = np.where(np.isnan(middle), bounds[metric.is_better == "low"], middle)
    best = [] if curve.best is None else [curve.best]
    marker = {"color": colour, "line": {"color": "$background", "width": 1}}
    made = [
        scatter(
            "lines", *_outline(at, low, high),
            fill="toself", fillcolor=colour, line={"width": 0}, opacity=_BAND,
        ),
        scatter(
            "lines+markers", at, middle, hover=f"{curve.variant}: %{{text}}", name=curve.variant,
            text=_texts(experiment, metric, curve), line={"color": colour, "width": 2.5},
            marker={"size": 7, "symbol": _SYMBOLS[place % len(_SYMBOLS)], "color": colour},
        ),
        scatter("markers", at[gone], heights[gone], marker=marker | {"size": 10, "symbol": "x"}),
        scatter("markers", at[best], middle[best], marker=marker | {"size": 17, "symbol": "star"}),
    ]  # fmt: skip
    return [trace | {"legendgroup": curve.variant} for trace in made]


def ends_of(metric: Metric, experiment: Experiment) -> tuple[float, float]:
    """The ends of the axis of a metric, as numbers of that axis."""
    low, high = metric.range(experiment)
    return (low, ends(metric, experiment)[1]) if metric.kind == "steps" else (low, high)


def _across(experiment: Experiment) -> dict[str, Any]:
    names, title = names_of(experiment)[0], titles_of(experiment)[0]
    scale = _scale(experiment)
    named = index_axis(names, title)
    if scale is None:
        return named
    at = _positions(experiment)
    ends_at = np.log10(at) if scale == "log" else at
    first, last = float(ends_at.min()), float(ends_at.max())
    room = _ROOM * (last - first)
    return named | {
        "type": scale,
        "tickvals": [float(at[place]) for place in named["tickvals"]],
        "range": [first - room, last + room],
        "showgrid": True,
        "unifiedhovertitle": {"text": f"{title.lower()} %{{x}}"},
    }


def _upwards(metric: Metric, experiment: Experiment) -> dict[str, Any]:
    low, high = ends_of(metric, experiment)
    made: dict[str, Any] = {"title": {"text": metric.title.lower()}, "autorange": False}
    if metric.kind == "share":
        return made | {"tickformat": ".0%", "range": [0, 1.05]}
    bar = colour_bar(metric, experiment)
    ticks = {"tickvals": bar["tickvals"], "ticktext": bar["ticktext"]}
    if metric.kind == "steps":
        return made | ticks | {"range": [low - 0.04 * high, 1.05 * high]}
    return made | {
        "type": "log",
        "tickvals": [10**tick for tick in bar["tickvals"]],
        "ticktext": bar["ticktext"],
        "range": [float(np.log10(low)), float(np.log10(high)) + 0.05],
    }


def _scale(experiment: Experiment) -> str | None:
    """log or linear for an axis of numbers; None for one of words."""
    [(path, values)] = experiment.axes.items()
    if not axis_field(path).is_number or any(isinstance(value, str) for value in values):
        return None
    return "log" if is_geometric(sorted(map(float, values))) else "linear"


def _positions(experiment: Experiment) -> Array:
    """Where the values of the axis lie (X,): at themselves, or words at their indices."""
    [values] = experiment.axes.values()
    if _scale(experiment) is None:
        return np.arange(len(values), dtype=np.float64)
    return np.array([float(value) for value in values])


def _outline(at: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """The outline from the lowest to the highest seed; nothing where they are one."""
    there = np.flatnonzero(np.isfinite(low))
    if np.array_equal(low[there], high[there]):
        there = there[:0]
    back = there[::-1]
    return np.concatenate([at[there], at[back]]), np.concatenate([low[there], high[back]])


def _texts(experiment: Experiment, metric: Metric, curve: Curve) -> list[str]:
    """What each value of a curve says."""
    words = []
    for place, value in enumerate(curve.values.tolist()):
        gone = round(float(curve.diverged[place]) * experiment.seeds)
        parts = ["cannot be built"] if curve.unbuilt[place] else []
        if not math.isnan(value):
            parts.append(number_words(metric.kind, value))
        if gone:
            parts.append(f"{gone} of {experiment.seeds} diverged")
        words.append(", ".join(parts) or "waiting")
    return words
