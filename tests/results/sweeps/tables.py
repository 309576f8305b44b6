"""Tables of sweeps, filled with numbers that a test chooses."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnlab.results.frames import REACHED_TARGET, TRAINING, Array
from bnlab.results.sweeps.cells import cells_of
from bnlab.results.sweeps.table import END_QUANTITIES, SWEEP_QUANTITIES, UNBUILT, WAITING, Table
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import parse


def a_sweep(**document: Any) -> Experiment:
    """Learning rate by depth, none and batch, three seeds; with the changes asked for."""
    axes = {"optimizer.lr": [0.01, 0.1, 1.0], "network.depth": [2, 4]}
    return parse(
        Experiment,
        {"base": {"steps": 40, "evaluate_every": 20}, "axes": axes, "seeds": 3, **document},
    )


def a_table(experiment: Experiment, **changes: Any) -> Table:
    """Random numbers of a sweep that has ended: evaluations at steps 0, 20 and 40."""
    rng = np.random.default_rng(0)
    cells = cells_of(experiment)
    shape = (len(cells), 3)
    is_unbuilt = np.array([cell.spec is None for cell in cells])
    values: dict[Any, Array] = {
        name: np.where(is_unbuilt[:, None], np.nan, rng.random(shape)).astype(np.float32)
        for name in SWEEP_QUANTITIES
    }
    for name in ("train_loss", "gradient_ratio"):
        values[name][:, 0] = np.nan
    accuracy = values["validation_accuracy"]
    is_there = accuracy >= experiment.target
    status = np.where(is_there.any(1), REACHED_TARGET, TRAINING)
    return Table(
        **{
            "eval_steps": np.array([0, 20, 40], np.int32),
            "values": values,
            "at_end": dict.fromkeys(END_QUANTITIES, accuracy[:, 2]),
            "status": np.where(is_unbuilt, UNBUILT, status).astype(np.uint8),
            "steps": np.where(is_unbuilt, 0, 40).astype(np.int32),
            "target_steps": np.where(is_there.any(1), 20.0 * is_there.argmax(1), np.inf).astype(
                np.float32
            ),
            **changes,
        }
    )


def a_waiting_table(experiment: Experiment) -> Table:
    """Of a sweep that has just been started."""
    table = a_table(experiment)
    blank = {name: np.full_like(rows, np.nan) for name, rows in table.values.items()}
    return a_table(
        experiment,
        values=blank,
        at_end={name: np.full_like(old, np.nan) for name, old in table.at_end.items()},
        status=np.full_like(table.status, WAITING),
        steps=np.zeros_like(table.steps),
        target_steps=np.full_like(table.target_steps, np.inf),
    )


def places(experiment: Experiment, variant: str) -> Array:
    """The index of each cell of a variant, by row, column and seed (Y, X, S)."""
    sizes = [len(values) for values in experiment.axes.values()]
    found = np.zeros((sizes[1] if len(sizes) == 2 else 1, sizes[0], experiment.seeds), int)
    for index, cell in enumerate(cells_of(experiment)):
        if cell.variant == variant:
            column, row = (*cell.place, 0)[:2]
            found[row, column, cell.seed_index] = index
    return found
