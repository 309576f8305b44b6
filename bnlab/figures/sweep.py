"""The maps of a sweep: one metric at every place, one map per variant on one colour scale.

Cells lie at their indices on both axes, so a click on (x, y) is a click on column x and row y.
"""

from __future__ import annotations

import numpy as np

from bnlab.figures.marks import Figure
from bnlab.figures.places import axes_words, located, map_layout, mark_px
from bnlab.figures.scales import SEQUENTIAL, colour_bar, ends, opposed, placed
from bnlab.figures.sweep_cells import cells, crosses, dashes, said, table_of
from bnlab.figures.theme import GREEN, PINK
from bnlab.results.sweeps.maps import Heatmap, heatmap
from bnlab.results.sweeps.metrics import METRICS, MetricName
from bnlab.results.sweeps.table import Table
from bnlab.results.sweeps.words import cell_words, number_words, reasons
from bnlab.spec.experiment import Experiment

_HELP = [
    ["Colour", "The mean over the seeds, on the same scale for all variants."],
    ["Large cross", "All seeds diverged: their loss left all numbers, so there is no colour."],
    ["Small cross", "Some seeds diverged. The colour is the mean of the others."],
    ["Dash", "Such a network cannot be built; the cell says why."],
    ["Empty cell", "Nothing is known yet."],
]


def map_figure(
    experiment: Experiment,
    table: Table,
    metric: MetricName,
    variant: str,
    *,
    at: int | None = None,
) -> Figure:
    """The map of one variant.

    Args:
        experiment: a sweep with one or two axes.
        table: its numbers so far.
        metric: one of `METRICS`.
        variant: one of the experiment's.
        at: index of an evaluation; None: the newest of each cell.
    """
    rule = METRICS[metric]
    shown = heatmap(experiment, table, metric, variant, at=at)
    words = said(shown.values, lambda y, x: cell_words(experiment, metric, shown, y, x))
    if shown.unbuilt.any():
        for (row, column), reason in reasons(experiment, variant).items():
            words[row][column] += f": {reason}"
    low, high = ends(rule, experiment)
    all_gone, size = shown.diverged == 1, mark_px(experiment)
    return {
        "title": f"{rule.title}: {variant}",
        "alt": f"{rule.title} of {variant} over {axes_words(experiment)}. "
        f"{_range_words(metric, shown)}",
        "traces": [
            cells(
                placed(rule, shown.values, experiment),
                text=located(experiment, words),
                zmin=low,
                zmax=high,
                colorscale=opposed(PINK, GREEN) if rule.is_better is None else SEQUENTIAL,
                reversescale=rule.is_better == "low",
                colorbar=colour_bar(rule, experiment),
            ),
            crosses(all_gone, size),
            crosses((shown.diverged > 0) & ~all_gone, 0.6 * size),
            dashes(shown.unbuilt, size),
        ],
        "layout": map_layout(experiment),
        "table": table_of(experiment, words),
        "help": [["Number", rule.words], *_HELP],
    }


def _range_words(metric: MetricName, shown: Heatmap) -> str:
    """What a map tells, in a sentence or two."""
    known = shown.values[~np.isnan(shown.values)]
    kind, parts = METRICS[metric].kind, []
    if known.size:
        low, high = number_words(kind, float(known.min())), number_words(kind, float(known.max()))
        parts.append(f"From {low} to {high} in {known.size} of {shown.values.size} cells.")
    for count, what in (
        ((shown.diverged == 1).sum(), "diverged for every seed"),
        (shown.unbuilt.sum(), "cannot be built"),
        (shown.waiting.sum(), "not known yet"),
    ):
        if count:
            parts.append(f"Cells {what}: {int(count)}.")
    return " ".join(parts)
