"""The difference map of a sweep: one variant minus another, hatched where it may be chance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bnlab.figures.marks import Figure
from bnlab.figures.places import axes_words, located, map_layout, mark_px
from bnlab.figures.scales import bare_bar, opposed, plain
from bnlab.figures.sweep_cells import cells, crosses, dashes, hatching, said, table_of
from bnlab.figures.theme import variant_colours
from bnlab.results.sweeps.differences import Difference, difference
from bnlab.results.sweeps.maps import heatmap
from bnlab.results.sweeps.metrics import METRICS, Metric, MetricName
from bnlab.results.sweeps.table import Table
from bnlab.results.sweeps.words import difference_words
from bnlab.spec.experiment import Experiment

_BETTER = "The variant in whose colour the cell is drawn does better there."
_LARGER = "The variant in whose colour the cell is drawn has the larger number there."
_HELP = [
    ["Hatched", "The 95 % interval of the difference, over pairs of equal seed, holds 0: it may "
     "be chance."],
    ["Cross", "One of the two diverged, so that no pair is left."],
    ["Dash", "One of the two cannot be built."],
]  # fmt: skip
_ONE_SEED = (
    "Every cell is hatched: with one seed a difference has no interval, so it may be chance. "
    "More seeds can tell."
)
_LEAST = 1e-3  # of the colour scale, where nothing differs


def difference_figure(
    experiment: Experiment,
    table: Table,
    metric: MetricName,
    first: str,
    second: str,
    *,
    at: int | None = None,
) -> Figure:
    """The first variant minus the second at every place, in the colour of the better one.

    Its `note` is a sentence to be read beside it; empty where none is needed.

    Args:
        experiment: a sweep with one or two axes.
        table: its numbers so far.
        metric: one of `METRICS`.
        first, second: variants.
        at: index of an evaluation; None: the newest of each cell.
    """
    rule = METRICS[metric]
    shown = difference(experiment, table, metric, first, second, at=at)
    one, other = (heatmap(experiment, table, metric, name, at=at) for name in (first, second))
    words = said(shown.values, lambda y, x: difference_words(metric, shown, y, x))
    unbuilt, size = one.unbuilt | other.unbuilt, mark_px(experiment)
    gone = np.isnan(shown.values) & ((one.diverged > 0) | (other.diverged > 0)) & ~unbuilt
    note = _ONE_SEED if experiment.seeds == 1 else ""
    return {
        "title": f"{rule.title}: {first} − {second}",
        "alt": f"{rule.title} of {first} minus that of {second} over {axes_words(experiment)}. "
        f"{note or _counts(shown)}",
        "note": note,
        "traces": [
            _cells(shown, words, experiment=experiment, metric=rule, sides=(second, first)),
            hatching(np.isfinite(shown.values) & ~shown.is_significant),
            crosses(gone, size),
            dashes(unbuilt, size),
        ],
        "layout": map_layout(experiment),
        "table": table_of(experiment, words),
        "help": [
            ["Number", rule.words],
            ["Colour", _BETTER if rule.is_better else _LARGER],
            *_HELP,
        ],
    }


def _cells(
    shown: Difference,
    words: list[list[str]],
    *,
    experiment: Experiment,
    metric: Metric,
    sides: tuple[str, str],
) -> Figure:
    """The cells in the colours of two variants, the one below 0 first if high is better."""
    of_variant = variant_colours(list(experiment.variants))
    low, high = (of_variant[name]["light"] for name in sides)
    if metric.is_better == "low":
        low, high = high, low
    finite = shown.values[np.isfinite(shown.values)]
    most = max(_LEAST, float(f"{np.abs(finite).max(initial=0.0):.3g}"))
    # Where only one gets to the target the difference is endless: it lies at the end of the scale.
    return cells(
        plain(np.clip(shown.values, -most, most)),
        text=located(experiment, words),
        zmin=-most,
        zmax=most,
        colorscale=opposed(low, high),
        colorbar=_bar(metric, most),
    )


def _bar(metric: Metric, most: float) -> dict[str, Any]:
    """The bar from -most to most."""
    bar = bare_bar() | {"nticks": 5}
    if metric.kind == "ratio":
        return bar | {"tickprefix": "×10<sup>", "ticksuffix": "</sup>"}
    # Plotly's own signs would make the middle "+0".
    at = _round_numbers(most)
    unit, factor = ("%", 100) if metric.kind == "share" else ("", 1)
    texts = [f"{factor * tick:+,.4g}{unit}" if tick else f"0{unit}" for tick in at]
    return bar | {"tickvals": at, "ticktext": [text.replace("-", "−") for text in texts]}


def _round_numbers(most: float) -> list[float]:
    """Three or five round numbers at equal distances around 0, none beyond most.

    >>> _round_numbers(0.47), _round_numbers(1)
    ([-0.4, -0.2, 0.0, 0.2, 0.4], [-1.0, -0.5, 0.0, 0.5, 1.0])
    """
    power = 10.0 ** math.floor(math.log10(most / 3))
    step = next(round_ * power for round_ in (1, 2, 5, 10) if round_ * power > most / 3)
    count = math.floor(most / step)
    return [float(f"{place * step:.4g}") for place in range(-count, count + 1)]


def _counts(shown: Difference) -> str:
    """In how many cells the difference is more than chance."""
    above = int((shown.is_significant & (shown.values > 0)).sum())
    below = int((shown.is_significant & (shown.values < 0)).sum())
    known = int((~np.isnan(shown.values)).sum())
    return (
        f"Of {known} differences {above} are above 0 and {below} below it beyond what chance "
        "gives, at 95 %."
    )
