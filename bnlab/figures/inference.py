"""Figures of the page "Training and inference": what a network answers in either mode.

Each is finished: title, words, Plotly traces and layout, and its numbers as a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np

from bnlab.figures.axes import axis as axis_of
from bnlab.figures.axes import ticks
from bnlab.figures.marks import (
    SHARE,
    Figure,
    both,
    dots,
    layout,
    level,
    line,
    numbers,
    upright,
)
from bnlab.figures.theme import BLUE, GREEN, ORANGE, VERMILLION
from bnlab.results.frames import Array
from bnlab.results.words import percent

_SPREAD = 0.32  # how far a draw may lie beside its class
_RIGHT = axis_of("right answers", **SHARE)
_STEPS_IN_TABLE = 25
_STEP_TICKS = [mantissa * 10**power for power in range(6) for mantissa in (1, 2, 5)]

# What the marks mean, by figure.
_HELP: dict[str, list[list[str]]] = {
    "predictions": [
        ["Bar", "Probability of the class in eval mode: batch norm takes its running "
         "statistics, so no other example in the batch matters."],
        ["Diamond", "The same example in training mode, with the newest companions."],
        ["Dot", "The same with companions drawn before, from left to right as they were "
         "drawn."],
    ],
    "accuracy_by_batch": [
        ["Shuffled", "The test part in random order, cut into batches; each batch is "
         "normalized with its own mean and variance, as in training."],
        ["Sorted by class", "The same with all examples of one class first, then the next."],
        ["Eval mode", "Running statistics: batch size and order do not matter."],
        ["Guessing", "One divided by the number of classes."],
    ],
    "first_steps": [
        ["Running statistics", "Eval mode as everybody uses it: averages collected in "
         "training."],
        ["Exact statistics", "The same weights at the same step, but mean and variance are "
         "computed over the whole training part."],
        ["Gap", "What the network knows already, and cannot use yet."],
    ],
    "changed": [
        ["Running", "The averages collected in training, on data as they were."],
        ["Exact, old data", "Mean and variance of each layer over the whole training "
         "part: no lag, but the same old data."],
        ["Exact, new data", "Mean and variance over the changed test inputs themselves; "
         "no label is used and no weight is trained."],
        ["Dotted vertical line", "What the sliders are set to."],
    ],
}  # fmt: skip


def predictions(training: Array, eval_mode: Array, *, label: int) -> Figure:
    """Probabilities of one example in training mode, a dot a draw, beside those in eval mode.

    Args:
        training: (D, K), one row for each draw of the companions, the newest last.
        eval_mode: (K,).
        label: the true class.
    """
    draws, classes = training.shape
    place = np.arange(classes)
    bar = {
        "type": "bar",
        "name": "eval mode",
        "x": numbers(place),
        "y": numbers(eval_mode),
        "marker": {"color": both(BLUE), "opacity": 0.55},
        "width": 0.8,
        "hovertemplate": "eval mode: %{y:.1%}<extra></extra>",
    }
    names = [f"{k} (true)" if k == label else str(k) for k in range(classes)]
    columns = (eval_mode, training[-1], training.min(0), np.median(training, 0), training.max(0))
    return {
        "title": "What the network answers",
        "alt": f"Probability of each class in eval mode, as bars, and in training mode for {draws} "
        f"draws of the companions, as dots. {_answers(training, eval_mode, label)}",
        "traces": [bar, *_draws(training)],
        "layout": _classes_layout(classes, label),
        "table": {
            "head": ["class", "eval mode", "newest draw", "lowest draw", "median", "highest"],
            "rows": [[names[k], *(percent(column[k]) for column in columns)] for k in place],
        },
        "help": _HELP["predictions"],
    }  # fmt: skip


def _draws(training: Array) -> list[Figure]:
    """Earlier draws as a strip of dots beside each class, the newest as a diamond on it."""
    draws, classes = training.shape
    place = np.arange(classes)
    beside = _SPREAD * np.linspace(-1, 1, max(2, draws))[: draws - 1, None]
    newest = dots(
        place, training[-1], name="newest draw", colour=VERMILLION,
        words="the newest draw: %{y:.1%}", size=11, symbol="diamond",
        line={"color": "$text", "width": 1.5},
    )  # fmt: skip
    if draws == 1:
        return [newest]
    earlier = dots(
        (place + beside).ravel(), training[:-1].ravel(), name="earlier draws",
        colour=VERMILLION, words="an earlier draw: %{y:.1%}", size=5, opacity=0.5,
    )  # fmt: skip
    return [earlier, newest]


def _classes_layout(classes: int, label: int) -> Figure:
    xaxis = axis_of(
        "class (bold: the true one)",
        -0.6,
        classes - 0.4,
        tickvals=list(range(classes)),
        ticktext=[f"<b>{k}</b>" if k == label else str(k) for k in range(classes)],
    )
    made = layout(xaxis, axis_of("probability", **SHARE), legend_rows=2)
    return made | {"hovermode": "closest"}


def _log_axis(
    title: str,
    ends: Array,
    values: Iterable[float],
    hover: str,
    *,
    room: float = 0.0,
    form: str = "g",
) -> Figure:
    """A logarithmic axis with ticks at these values; `room` beside the ends in powers of ten."""
    low, high = np.log10(ends).tolist()
    made = axis_of(title, low - room, high + room, type="log", **ticks(values, form))
    return made | {"unifiedhovertitle": {"text": hover}}


def _answers(training: Array, eval_mode: Array, label: int) -> str:
    answer = int(eval_mode.argmax())
    share = float((training.argmax(1) == answer).mean())
    return (
        f"The true class is {label}. Eval mode answers {answer} ({percent(eval_mode[answer])}); "
        f"training mode answers the same in {percent(share)} of the draws."
    )


def accuracy_by_batch(answer: Mapping[str, Array], *, classes: int) -> Figure:
    """Accuracy in training mode over the batch size, shuffled and sorted by class.

    Args:
        answer: batch_sizes (S,) ascending; accuracies in 0..1: in training mode, shuffled (S,) and
            sorted_by_class (S,), where each batch holds one class or few, and eval ().
        classes: number of classes.
    """
    sizes, eval_mode = answer["batch_sizes"], float(answer["eval"])
    shuffled, by_class = answer["shuffled"], answer["sorted_by_class"]
    texts = [str(size) for size in sizes]
    hover = "batches of %{x:.0f}"
    xaxis = _log_axis("batch size", sizes[[0, -1]], sizes.tolist(), hover, room=0.05)
    rows = list(zip(texts, map(percent, shuffled), map(percent, by_class), strict=True))
    spoken = "; ".join(f"batches of {size}: {a} shuffled, {b} sorted" for size, a, b in rows)
    return {
        "title": "Accuracy if eval() is forgotten",
        "alt": f"Share of right answers on the test part. Eval mode: {percent(eval_mode)}. "
        f"Training mode, {spoken}.",
        "traces": [
            level("eval mode", sizes, eval_mode, BLUE),
            line("shuffled", sizes, shuffled, VERMILLION, symbol="circle"),
            line("sorted by class", sizes, by_class, ORANGE, symbol="square"),
            level("guessing", sizes, 1 / classes, None, dash="dot"),
        ],
        "layout": layout(xaxis | {"tickangle": 0}, _RIGHT, legend_rows=2),
        "table": {
            "head": ["batch size", "shuffled", "sorted by class", "eval mode"],
            "rows": [[*row, percent(eval_mode)] for row in rows],
        },
        "help": _HELP["accuracy_by_batch"],
    }  # fmt: skip


def first_steps(steps: Array, *, running: Array, exact: Array, last: int) -> Figure:
    """Accuracy with running statistics and with exact ones, over the steps.

    Args:
        steps: (E,) of the evaluations from step 1 on, one or more.
        running: (E,) validation accuracy in eval mode, in 0..1.
        exact: (E,) the same with exact statistics of the training part.
        last: step at which the run ends.
    """
    shown_ticks = [tick for tick in _STEP_TICKS if steps[0] <= tick <= last]
    title = "step (logarithmic axis)"
    ends = np.array([steps[0], max(last, 2)])
    xaxis = _log_axis(title, ends, shown_ticks, "step %{x:.0f}", room=0.02, form=",")
    shown = np.unique(np.geomspace(1, len(steps), _STEPS_IN_TABLE).round().astype(int)) - 1
    rows = [[str(steps[i]), percent(running[i]), percent(exact[i])] for i in shown]
    spoken = "; ".join(f"step {step}: {a} running, {b} exact" for step, a, b in rows[::6])
    return {
        "title": "Running against exact statistics",
        "alt": f"Validation accuracy with running and with exact statistics, {spoken}.",
        "traces": [
            line("running statistics", steps, running, BLUE),
            line("exact statistics", steps, exact, GREEN, dash="dash"),
        ],
        "layout": layout(xaxis, _RIGHT, legend_rows=1),
        "table": {"head": ["step", "running", "exact"], "rows": rows},
        "help": _HELP["first_steps"],
    }  # fmt: skip


_STATISTICS = {  # name, colour, dash
    "running": ("running", BLUE, "solid"),
    "exact_train": ("exact, old data", GREEN, "dash"),
    "exact_changed": ("exact, new data", ORANGE, "dashdot"),
}


def changed(
    values: Array,
    accuracies: Mapping[str, Array],
    *,
    axis: Literal["shift", "scale"],
    chosen: float,
    fixed: float,
) -> Figure:
    """Accuracy on changed test inputs, by the statistics that batch norm takes.

    Args:
        values: (S,) shifts or scales, ascending, the chosen one among them.
        accuracies: (S,) each: running, exact_train, exact_changed.
        axis: what varies.
        chosen, fixed: what the sliders are set to, that of this axis and the other.
    """
    here = int(np.argmin(np.abs(values - chosen)))
    names = [name for name, *_ in _STATISTICS.values()]
    now = [f"{name} {percent(accuracies[key][here])}" for key, (name, *_) in _STATISTICS.items()]
    return {
        "title": "Shifted inputs" if axis == "shift" else "Scaled inputs",
        "alt": f"Share of right answers over the {axis} of every test input. At {axis} "
        f"{chosen:g}: {', '.join(now)}.",
        "traces": [
            upright(chosen),
            *(
                line(name, values, accuracies[key], colour, dash=dash)
                for key, (name, colour, dash) in _STATISTICS.items()
            ),
        ],
        "layout": layout(_changes_axis(axis, values, fixed), _RIGHT, legend_rows=2),
        "table": {
            "head": [axis, *names],
            "rows": [
                [f"{value:.3g}", *(percent(accuracies[key][i]) for key in _STATISTICS)]
                for i, value in enumerate(values)
            ],
        },
        "help": _HELP["changed"],
    }  # fmt: skip


def _changes_axis(axis: str, values: Array, fixed: float) -> dict[str, Any]:
    other = "scale" if axis == "shift" else "shift"
    title, hover = f"{axis} (at {other} {fixed:g})", f"{axis} %{{x:.3g}}"
    ends = values[[0, -1]]
    if axis == "shift":
        return axis_of(title, *ends.tolist(), unifiedhovertitle={"text": hover})
    return _log_axis(title, ends, (0.1, 0.2, 0.5, 1, 2, 5, 10), hover)
