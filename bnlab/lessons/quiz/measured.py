"""The measurements of the page "Training and inference", as numbers that decide its quiz.

Names and meanings are those of the experiments in `bnlab.lessons.quiz.train_vs_eval`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bnlab.lessons.questions import Numbers
from bnlab.lessons.quiz.train_vs_eval import FEW
from bnlab.results.frames import Array

TRAINED = 0.7  # accuracy in eval mode above which a network counts as trained


def from_modes(
    set_up: Mapping[str, Any], answer: Mapping[str, Array], *, batch_sizes: Sequence[int]
) -> Numbers | None:
    """Accuracy in training mode; None for other batch sizes, or a network that has not learned.

    Args:
        set_up: of the question about a forgotten eval().
        answer: of the query `Modes`.
        batch_sizes: of that query.
    """
    many = set_up["view.companions"]
    if FEW not in batch_sizes or many not in batch_sizes or answer["eval"] < TRAINED:
        return None
    few_at, many_at = batch_sizes.index(FEW), batch_sizes.index(many)
    return {
        "eval": _percent(answer["eval"]),
        "small": _percent(answer["shuffled"][few_at]),
        "large": _percent(answer["shuffled"][many_at]),
        "sorted": _percent(answer["sorted_by_class"][many_at]),
        "few": FEW,
        "many": many,
    }


def from_changed(
    set_up: Mapping[str, Any],
    answer: Mapping[str, Array],
    *,
    scales: Sequence[float],
    shifts: Sequence[float],
) -> Numbers | None:
    """Accuracy on changed inputs; None if this change was not measured.

    Args:
        set_up: of the question about changed inputs.
        answer: of the query `ShiftedInputs`.
        scales: of that query.
        shifts: of that query.
    """
    changes = list(zip(scales, shifts, strict=True))
    change, unchanged = (set_up["view.scale"], set_up["view.shift"]), (1.0, 0.0)
    if change not in changes or unchanged not in changes:
        return None
    here, before = changes.index(change), changes.index(unchanged)
    running = _percent(answer["running"][here])
    return {
        "before": _percent(answer["running"][before]),
        "running": running,
        "again": running,  # in eval mode the same network gives the same answers
        "exact_train": _percent(answer["exact_train"][here]),
        "exact_changed": _percent(answer["exact_changed"][here]),
    }


def _percent(accuracy: Array) -> float:
    return 100 * float(accuracy)
