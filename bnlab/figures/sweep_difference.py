"""The difference map of a sweep: one variant minus another at every place, paired by seed.

In two parts, as the maps of `bnlab.figures.sweep`: a frame, and what changes in its traces.
"""

from __future__ import annotations

import numpy as np

from bnlab.experiment import Experiment
from bnlab.figures.marks import Figure
from bnlab.figures.places import axes_words, located, map_layout, mark_px
from bnlab.figures.scales import bare_bar, opposed, plain
from bnlab.figures.sweep_cells import (
    Update,
    cell_trace,
    cross_trace,
    dash_trace,
    merged,
    places_of_marks,
    said,
    strokes,
    table_of,
)
from bnlab.figures.theme import variant_colours
from bnlab.sweeps.differences import Difference, difference
from bnlab.sweeps.maps import METRICS, Heatmap, MetricName, heatmap
from bnlab.sweeps.table import Table
from bnlab.sweeps.words import difference_words

_BETTER = "The variant in whose colour a cell is drawn does better there."
_LARGER = "The variant in whose colour a cell is drawn has the larger number there."
_HELP = [
    ["Hatched", "The 95 % interval of the difference, over pairs of equal seed, holds 0: it may "
     "be chance. With one seed every cell is hatched."],
    ["Full colour in steps", "Only one of the two gets to the target."],
    ["Cross", "One of the two diverged, so that no pair is left."],
    ["Dash", "One of the two cannot be built."],
]  # fmt: skip


def difference_frame(experiment: Experiment, metric: MetricName, first: str, second: str) -> Figure:
    """The difference map without its numbers: cells, hatching, crosses and dashes."""
    rule = METRICS[metric]
    colours = variant_colours(list(experiment.variants))
    sides = [colours[second]["light"], colours[first]["light"]]
    bar = bare_bar() | {"nticks": 5}
    if rule.kind == "share":
        bar["tickformat"] = "+.1~%"
    elif rule.kind == "ratio":
        bar |= {"tickprefix": "×10<sup>", "ticksuffix": "</sup>"}
    scale = {
        "colorscale": opposed(*(reversed(sides) if rule.is_better == "low" else sides)),
        "colorbar": bar,
    }
    hatching = {
        "type": "scatter",
        "mode": "lines",
        "line": {"color": "$text", "width": 1},
        "opacity": 0.5,
        "hoverinfo": "skip",
        "showlegend": False,
        "x": [],
        "y": [],
    }
    size = mark_px(experiment)
    return {
        "title": f"{rule.title}: {first} − {second}",
        "traces": [cell_trace(scale), hatching, cross_trace(size), dash_trace(size)],
        "layout": map_layout(experiment),
        "help": [
            ["Number", rule.words],
            ["Colour", _BETTER if rule.is_better else _LARGER],
            *_HELP,
        ],
    }


def difference_update(
    experiment: Experiment,
    metric: MetricName,
    shown: Difference,
    *,
    of: tuple[Heatmap, Heatmap],
) -> Update:
    """What changes in the traces of `difference_frame`; `of`: the maps of the two variants."""
    words = said(shown.values, lambda y, x: difference_words(metric, shown, y, x))
    finite = shown.values[np.isfinite(shown.values)]
    most = float(f"{np.abs(finite).max(initial=0.0):.3g}") or 1e-3
    unbuilt = of[0].unbuilt | of[1].unbuilt
    has_value = ~np.isnan(shown.values)
    gone = (of[0].diverged > 0) | (of[1].diverged > 0)
    return [
        {
            "z": plain(np.clip(shown.values, -most, most)),
            "zmin": -most,
            "zmax": most,
            "text": located(experiment, words),
        },
        strokes(np.isfinite(shown.values) & ~shown.is_significant),
        places_of_marks(~has_value & gone & ~unbuilt),
        places_of_marks(unbuilt),
    ]


def difference_figure(
    experiment: Experiment,
    table: Table,
    metric: MetricName,
    first: str,
    second: str,
    *,
    at: int | None = None,
) -> Figure:
    """The finished difference map, first minus second; arguments as of `map_figure`."""
    shown = difference(experiment, table, metric, first, second, at=at)
    one, other = (heatmap(experiment, table, metric, name, at=at) for name in (first, second))
    figure = difference_frame(experiment, metric, first, second)
    update = difference_update(experiment, metric, shown, of=(one, other))
    words = said(shown.values, lambda y, x: difference_words(metric, shown, y, x))
    return figure | {
        "traces": merged(figure["traces"], update),
        "alt": f"{METRICS[metric].title} of {first} minus that of {second} over "
        f"{axes_words(experiment)}. {_counts(shown)}",
        "table": table_of(experiment, words),
    }


def _counts(shown: Difference) -> str:
    """In how many cells the difference is more than chance."""
    above = int((shown.is_significant & (shown.values > 0)).sum())
    below = int((shown.is_significant & (shown.values < 0)).sum())
    known = int((~np.isnan(shown.values)).sum())
    return (
        f"Of {known} differences {above} are above 0 and {below} below it beyond what chance "
        "gives, at 95 %."
    )
