"""Sweeps in words: the names of axes and their values, and what a cell shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from bnlab.results.sweeps.axes import End, axis_field
from bnlab.results.sweeps.best import Best
from bnlab.results.sweeps.cells import cells_of
from bnlab.results.sweeps.curves import Curve
from bnlab.results.sweeps.differences import Difference
from bnlab.results.sweeps.maps import Heatmap, place_of
from bnlab.results.sweeps.metrics import METRICS, Kind, MetricName
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar


class Edge(NamedTuple):
    """An end of an axis beyond which the best may lie."""

    path: str
    end: End
    text: str


def axis_words(path: str) -> str:
    """The name of a field inside a sentence.

    >>> axis_words("optimizer.lr")
    'learning rate'
    """
    title = axis_field(path).title
    return title[:1].lower() + title[1:]


def value_words(value: Scalar) -> str:
    """A value of an axis.

    >>> value_words(0.1), value_words(1024), value_words(True), value_words("leaky_relu")
    ('0.1', '1,024', 'on', 'leaky relu')
    """
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.6g}" if isinstance(value, float) else value.replace("_", " ")


def values_words(path: str, experiment: Experiment) -> list[str]:
    """All values of an axis."""
    field = axis_field(path)
    is_float = field.is_number and not field.is_whole
    return [
        value_words(float(value) if is_float and isinstance(value, int) else value)
        for value in experiment.axes[path]
    ]


def place_words(experiment: Experiment, place: tuple[int, ...]) -> str:
    """A place on the axes in words: "learning rate 0.1, gain 2"."""
    return ", ".join(
        f"{axis_words(path)} {values_words(path, experiment)[at]}"
        for path, at in zip(experiment.axes, place, strict=True)
    )


def number_words(kind: Kind, value: float) -> str:
    """One number of a metric; a dash where there is none.

    >>> number_words("share", 0.1234), number_words("steps", math.inf)
    ('12.3 %', 'never')
    """
    if math.isnan(value):
        return "–"
    match kind:
        case "share":
            return f"{100 * value:.1f} %"
        case "steps":
            return f"{value:,.0f}" if math.isfinite(value) else "never"
        case _:
            return f"{value:.3g}"


def cell_words(
    experiment: Experiment, metric: MetricName, shown: Heatmap, row: int, column: int
) -> str:
    """What a cell of a map shows, without its place."""
    if shown.unbuilt[row, column]:
        return "cannot be built"
    if shown.waiting[row, column]:
        return "waiting"
    kind, seeds = METRICS[metric].kind, experiment.seeds
    value, low, high = (
        float(numbers[row, column]) for numbers in (shown.values, shown.low, shown.high)
    )
    gone = round(float(shown.diverged[row, column]) * seeds)
    if metric == "diverged_share":
        return f"{gone} of {seeds} diverged"
    parts = [] if math.isnan(value) else [number_words(kind, value)]
    if not parts and not gone:
        return "no number: both gradients are 0" if kind == "ratio" else "no number"
    if low < high:
        ends = f"{number_words(kind, low)} to {number_words(kind, high)}"
        parts = [f"{parts[0]} (seeds: {ends})"]
    if gone:
        parts.append("diverged" if seeds == 1 else f"{gone} of {seeds} diverged")
    return ", ".join(parts)


def difference_words(metric: MetricName, shown: Difference, row: int, column: int) -> str:
    """What a cell of a difference map shows, without its place."""
    n = int(shown.n[row, column])
    value, low, high = (
        float(numbers[row, column]) for numbers in (shown.values, shown.low, shown.high)
    )
    if not n:
        return "no pair to compare"
    if math.isinf(value):
        return f"only one reaches the target, {'the first' if value < 0 else 'the second'}"
    pairs = f"{n} pair" if n == 1 else f"{n} pairs"
    kind = METRICS[metric].kind
    text = _signed(kind, value) + (" points" if kind == "share" else "")
    if math.isnan(low):
        return f"{text} ({pairs}, no interval)"
    verdict = "" if shown.is_significant[row, column] else ", may be chance"
    return f"{text} (95 %: {_signed(kind, low)} to {_signed(kind, high)}, {pairs}){verdict}"


def best_words(experiment: Experiment, metric: MetricName, curve: Curve) -> str:
    """Where a curve is best, and whether that is at an edge: one or two sentences."""
    if curve.best is None:
        return f"{curve.variant}: no best value yet."
    [path] = experiment.axes
    edges = {path: curve.edge} if curve.edge is not None else {}
    best = Best(curve.variant, (curve.best,), float(curve.values[curve.best]), edges)
    return _best_words(experiment, metric, best, path)


def edge_words(experiment: Experiment, metric: MetricName, found: Sequence[Best]) -> list[Edge]:
    """The ends of axes at which variants are best, each in words.

    Args:
        experiment: a sweep with one or two axes.
        metric: by which they are best.
        found: the best places, from `best_places`.
    """
    said: dict[tuple[str, End], list[str]] = {}
    for best in found:
        for path, end in best.edges.items():
            said.setdefault((path, end), []).append(_best_words(experiment, metric, best, path))
    return [Edge(path, end, " ".join(words)) for (path, end), words in said.items()]


def _best_words(experiment: Experiment, metric: MetricName, best: Best, path: str) -> str:
    """Where a variant is best, and whether that is at an end of this axis."""
    value = number_words(METRICS[metric].kind, best.value)
    text = f"{best.variant}: best at {place_words(experiment, best.place)}, {value}."
    if path not in best.edges:
        return text
    end = "highest" if best.edges[path] == "high" else "lowest"
    axis = "the axis" if len(experiment.axes) == 1 else f"the axis {axis_words(path)}"
    return f"{text} This is the {end} value of {axis}: the best may lie beyond it."


def size_words(experiment: Experiment) -> str:
    """How many networks a sweep has, and why: "2 variants × 25 × 25 values × 1 seed"."""
    variants, seeds = len(experiment.variants), experiment.seeds
    sizes = [len(values) for values in experiment.axes.values()]
    total = variants * math.prod(sizes) * seeds
    parts = [
        f"{variants} variant" + "s" * (variants > 1),
        f"{' × '.join(map(str, sizes))} values",
        f"{seeds} seed" + "s" * (seeds > 1),
    ]
    return f"{total:,} networks: {' × '.join(parts)}"


def reasons(experiment: Experiment, variant: str) -> dict[tuple[int, int], str]:
    """Why a network cannot be built, by the row and column of a map."""
    found = {
        cell.place: cell.reason
        for cell in cells_of(experiment)
        if cell.variant == variant and cell.spec is None
    }
    sizes = [len(values) for values in experiment.axes.values()]
    rows = sizes[1] if len(sizes) == 2 else 1
    return {
        (row, column): found[place_of(experiment, row, column)]
        for row in range(rows)
        for column in range(sizes[0])
        if place_of(experiment, row, column) in found
    }


def _signed(kind: Kind, value: float) -> str:
    match kind:
        case "share":
            return f"{100 * value:+.1f}"
        case "steps":
            return f"{value:+,.0f}"
        case "ratio":
            return f"×{10**value:.3g}"
        case _:
            return f"{value:+.3g}"
