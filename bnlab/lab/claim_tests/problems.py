"""What must be said about a study beside its numbers: arms that diverged or cannot be built."""

from __future__ import annotations

import numpy as np

from bnlab.results.frames import DIVERGED
from bnlab.results.sweeps.cells import cells_of, shape_of
from bnlab.results.sweeps.table import UNBUILT, Table
from bnlab.results.sweeps.words import axis_words, values_words
from bnlab.spec.experiment import Experiment


def arm_problems(study: str, experiment: Experiment, table: Table) -> tuple[str, ...]:
    """One sentence per arm that diverged in every seed or that lacks networks.

    Args:
        study: its name.
        experiment: a sweep whose first axis is chosen over; each value of a second is an arm.
        table: its numbers at the end.
    """
    status = table.status.reshape(shape_of(experiment))  # (variants, first axis, ..., seeds)
    return tuple(
        f"{study}: {sentence}"
        for place, variant in enumerate(experiment.variants)
        for sentence in (
            *_diverged(experiment, variant, status[place]),
            *_unbuilt(experiment, variant, status[place]),
        )
    )


def _diverged(experiment: Experiment, variant: str, status: np.ndarray) -> list[str]:
    """From the status (X, S) or (X, Y, S) of one variant: where none of its networks is left."""
    first, *second = experiment.axes
    is_left = (status != DIVERGED) & (status != UNBUILT)
    is_gone = (status == DIVERGED).any((0, -1)) & ~is_left.any((0, -1))  # () or (Y,)
    count = len(experiment.axes[first])
    where = f"diverged in every seed, at all {count} values of {axis_words(first)}"
    if is_gone.all():
        return [f"{variant} {where}."]
    if not is_gone.any():
        return []
    [path] = second
    values = values_words(path, experiment)
    named = ", ".join(values[place] for place in np.flatnonzero(is_gone))
    return [f"{variant} with {axis_words(path)} {named} {where}."]


def _unbuilt(experiment: Experiment, variant: str, status: np.ndarray) -> list[str]:
    missing = int((status[..., 0] == UNBUILT).sum())
    if not missing:
        return []
    cells = cells_of(experiment)
    reason = next(c.reason for c in cells if c.variant == variant and c.spec is None)
    return [f"{variant} cannot be built at {missing} of {status[..., 0].size} points. {reason}"]
