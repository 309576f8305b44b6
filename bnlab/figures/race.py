"""A race that is over, as one figure: loss and accuracy of each variant over the steps."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from bnlab.figures.axes import axis, step_axis
from bnlab.figures.marks import LEGEND, Figure, scatter
from bnlab.figures.theme import variant_colours
from bnlab.results.curves import Curves, last_known, members_of, steps_to
from bnlab.results.frames import Array
from bnlab.results.words import percent
from bnlab.spec.experiment import Experiment

_HEIGHT_PX = 460
_MOST_POINTS = 600  # of a line: more than there are columns of pixels


def race_figure(experiment: Experiment, curves: Curves) -> Figure:
    """Training loss and validation accuracy; with several seeds the median, in a band of all.

    A dot of the upper axis is the mean training loss over the steps since the evaluation before.
    """
    places = members_of(experiment)
    losses = mean_losses(curves)
    keep = np.unique(np.linspace(0, len(curves.eval_steps) - 1, _MOST_POINTS).astype(int))
    traces: list[Figure] = []
    for name, colour in variant_colours(tuple(places)).items():
        for values, yaxis in ((losses, "y"), (curves.validation_accuracy, "y2")):
            rows = values[places[name]][:, keep]
            traces += _line(name, curves.eval_steps[keep], rows, colour, yaxis=yaxis)
    return {
        "title": "Loss and accuracy",
        "alt": "Training loss and validation accuracy over the steps. "
        + _spoken(experiment, curves),
        "traces": traces,
        "layout": _layout(experiment),
        "table": _table(experiment, curves),
        "help": [
            ["Line", "Above: mean loss of the minibatches since the evaluation before. Below: "
             "share of right answers on the validation part, in eval mode. Of several seeds: "
             "the median."],
            ["Band", "From the lowest to the highest of the seeds."],
        ],
    }  # fmt: skip


def mean_losses(curves: Curves) -> Array:
    """Mean training loss (M, E) over the steps since the evaluation before; NaN at step 0."""
    means = np.full(curves.validation_loss.shape, np.nan)
    ends = np.searchsorted(curves.loss_steps, curves.eval_steps, side="right")
    for column, (begin, end) in enumerate(pairwise(ends), start=1):
        if end > begin:
            means[:, column] = curves.train_loss[:, begin:end].mean(axis=1)
    return means


def _line(name: str, x: Array, rows: Array, colour: dict[str, str], *, yaxis: str) -> list[Figure]:
    """A line of the median of rows (S, E) over x (E,), in a band when there are several."""
    is_known = ~np.isnan(rows).any(axis=0)  # where one has diverged there is no median of all
    share = yaxis == "y2"
    shared: dict[str, Any] = {"yaxis": yaxis, "name": name, "legendgroup": name}
    made: list[Figure] = []
    if len(rows) > 1:
        low, high = (np.where(is_known, edge(rows, axis=0), np.nan) for edge in (np.min, np.max))
        band = shared | {"line": {"width": 0, "color": colour}}
        filled = band | {"fill": "tonexty", "fillcolor": _faint(colour)}
        made = [scatter("lines", x, low, **band), scatter("lines", x, high, **filled)]
    middle = np.where(is_known, np.median(rows, axis=0), np.nan)
    hover = f"{name}: " + ("%{y:.1%}" if share else "%{y:.4g}")
    line = {"color": colour, "width": 2.5}
    return [*made, scatter("lines", x, middle, hover=hover, line=line, showlegend=share, **shared)]


def _faint(colour: dict[str, str]) -> dict[str, str]:
    """The colour of a band under a line: a trace's own opacity does not reach its fill."""
    return {
        ground: f"rgba({int(text[1:3], 16)},{int(text[3:5], 16)},{int(text[5:7], 16)},0.2)"
        for ground, text in colour.items()
    }


def _layout(experiment: Experiment) -> Figure:
    return {
        "height": _HEIGHT_PX,
        "margin": {"l": 58, "r": 12, "t": 32, "b": 46},
        "hovermode": "x unified",
        "showlegend": True,
        "legend": LEGEND,
        "xaxis": step_axis(experiment) | {"anchor": "y2"},
        "yaxis": axis("loss", type="log", domain=[0.54, 1], dtick=1),
        "yaxis2": axis("right answers", tickformat=".0%", range=[0, 1.03], domain=[0, 0.46]),
    }


def _spoken(experiment: Experiment, curves: Curves) -> str:
    final = last_known(curves.validation_accuracy)
    return " ".join(
        f"{name}: {percent(float(np.median(final[place])))} right at the end."
        for name, place in members_of(experiment).items()
    )


def _table(experiment: Experiment, curves: Curves) -> Figure:
    final = last_known(curves.validation_accuracy)
    reached = steps_to(curves, experiment.target)
    specs, rows = experiment.specs(), []
    for name, place in members_of(experiment).items():
        for index, (right, step) in enumerate(zip(final[place], reached[place], strict=True)):
            words = f"{step:.0f}" if np.isfinite(step) else "never"
            seed = str(specs[name].seed + index)
            rows.append([name, seed, percent(float(right)), words])
    head = ["variant", "seed", "right at the end", f"steps to {100 * experiment.target:g} %"]
    return {"head": head, "rows": rows}
