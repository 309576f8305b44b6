"""The maps of a sweep: one metric at every place, a map a variant on one colour scale.

A figure comes in two parts. Its frame (`map_frame`) is fixed before the sweep starts: title, help,
layout, and traces without numbers. What changes (`map_update`) is a dictionary for each trace, to
be merged into it, of plain lists. Cells lie at their indices on both axes, so a click on (x, y) is
a click on column x and row y.
"""

from __future__ import annotations

import numpy as np

from bnlab.experiment import Experiment
from bnlab.figures.marks import Figure
from bnlab.figures.places import axes_words, located, map_layout, mark_px
from bnlab.figures.scales import SEQUENTIAL, colour_bar, ends, opposed, placed
from bnlab.figures.sweep_cells import (
    Update,
    cell_trace,
    cross_trace,
    dash_trace,
    merged,
    places_of_marks,
    said,
    table_of,
)
from bnlab.figures.theme import GREEN, PINK
from bnlab.sweeps.maps import METRICS, Heatmap, MetricName, heatmap
from bnlab.sweeps.table import Table
from bnlab.sweeps.words import cell_words, number_words, reasons

_HELP = [
    ["Colour", "The mean over the seeds, on the same scale for all variants."],
    ["Large cross", "All seeds diverged: their loss left all numbers, so there is no colour."],
    ["Small cross", "Some seeds diverged. The colour is the mean of the others."],
    ["Dash", "Such a network cannot be built; the cell says why."],
    ["Empty cell", "Nothing is known yet."],
]


def map_frame(experiment: Experiment, metric: MetricName, variant: str) -> Figure:
    """The map of one variant without its numbers: traces of cells, and of three kinds of marks."""
    rule = METRICS[metric]
    low, high = ends(rule, experiment)
    scale = {
        "zmin": low,
        "zmax": high,
        "colorscale": opposed(PINK, GREEN) if rule.is_better is None else SEQUENTIAL,
        "reversescale": rule.is_better == "low",
        "colorbar": colour_bar(rule, experiment),
    }
    size = mark_px(experiment)
    return {
        "title": f"{rule.title}: {variant}",
        "traces": [cell_trace(scale), cross_trace(size), cross_trace(0.6 * size), dash_trace(size)],
        "layout": map_layout(experiment),
        "help": [["Number", rule.words], *_HELP],
    }


def map_update(experiment: Experiment, metric: MetricName, shown: Heatmap) -> Update:
    """What changes in the traces of `map_frame`: z, text, and where the marks are."""
    words = said(shown.values, lambda y, x: cell_words(experiment, metric, shown, y, x))
    return _map_update(experiment, metric, shown, words)


def map_figure(
    experiment: Experiment,
    table: Table,
    metric: MetricName,
    variant: str,
    *,
    at: int | None = None,
) -> Figure:
    """The finished map of one variant, with its words and its table.

    Args:
        experiment: a sweep with one or two axes.
        table: its numbers so far.
        metric: one of `METRICS`.
        variant: one of the experiment's.
        at: index of an evaluation; None: the newest of each cell.
    """
    shown = heatmap(experiment, table, metric, variant, at=at)
    words = said(shown.values, lambda y, x: cell_words(experiment, metric, shown, y, x))
    if shown.unbuilt.any():
        for (row, column), reason in reasons(experiment, variant).items():
            words[row][column] += f": {reason}"
    figure = map_frame(experiment, metric, variant)
    return figure | {
        "traces": merged(figure["traces"], _map_update(experiment, metric, shown, words)),
        "alt": f"{METRICS[metric].title} of {variant} over {axes_words(experiment)}. "
        f"{_range_words(metric, shown)}",
        "table": table_of(experiment, words),
    }


def _map_update(
    experiment: Experiment, metric: MetricName, shown: Heatmap, words: list[list[str]]
) -> Update:
    all_gone = shown.diverged == 1
    return [
        {
            "z": placed(METRICS[metric], shown.values, experiment),
            "text": located(experiment, words),
        },
        places_of_marks(all_gone),
        places_of_marks((shown.diverged > 0) & ~all_gone),
        places_of_marks(shown.unbuilt),
    ]


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
        (shown.waiting.sum(), "wait"),
    ):
        if count:
            parts.append(f"{int(count)} {what}.")
    return " ".join(parts)
