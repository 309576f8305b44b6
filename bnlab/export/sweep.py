"""A sweep as files: one row per network as CSV, everything as JSON. Pure, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bnlab.export.text import csv_line, json_parts, plain
from bnlab.results.curves import last_known
from bnlab.results.frames import DIVERGED, REACHED_TARGET, TRAINING
from bnlab.results.sweeps.cells import Cell, cells_of
from bnlab.results.sweeps.table import END_QUANTITIES, SWEEP_QUANTITIES, UNBUILT, WAITING, Table
from bnlab.spec.experiment import Experiment

FORMAT = "bnlab sweep 1"
_STATUS = {
    TRAINING: "trained",
    DIVERGED: "diverged",
    REACHED_TARGET: "reached the target",
    WAITING: "waiting",
    UNBUILT: "cannot be built",
}


def sweep_csv(experiment: Experiment, table: Table) -> Iterator[str]:
    """One row per network: where it lies, how it went, and its newest number of each quantity.

    Empty is what is not known, what is no number because the network diverged, and the steps to a
    target that was not reached.
    """
    paths = list(experiment.axes)
    numbers = [*SWEEP_QUANTITIES, *END_QUANTITIES]
    yield csv_line(
        ["variant", *paths, "seed", "status", "reason", "steps", "steps_to_target", *numbers]
    )
    newest = [last_known(table.values[name]) for name in SWEEP_QUANTITIES]
    for index, cell in enumerate(cells_of(experiment)):
        row = [cell.variant, *_point(experiment, cell).values(), _seed(experiment, cell)]
        row += [_STATUS[int(table.status[index])], cell.reason, int(table.steps[index])]
        row += [plain(table.target_steps[index])]
        row += [plain(np.float32(values[index])) for values in newest]
        row += [plain(table.at_end[name][index]) for name in END_QUANTITIES]
        yield csv_line(row)


def sweep_json(experiment: Experiment, table: Table) -> Iterator[str]:
    """One JSON document: the experiment, and of each network how it went, with its curves.

    Null is what is not known, or no number.
    """
    head = {
        "format": FORMAT,
        "experiment": experiment.model_dump(mode="json"),
        "eval_steps": table.eval_steps.tolist(),
    }
    cells = enumerate(cells_of(experiment))
    documents = (_document(experiment, table, index, cell=cell) for index, cell in cells)
    return json_parts(head, "cells", documents)


def _document(experiment: Experiment, table: Table, index: int, *, cell: Cell) -> dict[str, Any]:
    return {
        "variant": cell.variant,
        "point": _point(experiment, cell),
        "seed": _seed(experiment, cell),
        "status": _STATUS[int(table.status[index])],
        "reason": cell.reason,
        "steps": int(table.steps[index]),
        "steps_to_target": plain(table.target_steps[index]),
        **{name: plain(table.at_end[name][index]) for name in END_QUANTITIES},
        "curves": {name: plain(table.values[name][index]) for name in SWEEP_QUANTITIES},
    }


def _point(experiment: Experiment, cell: Cell) -> dict[str, Any]:
    return {
        path: values[at]
        for (path, values), at in zip(experiment.axes.items(), cell.place, strict=True)
    }


def _seed(experiment: Experiment, cell: Cell) -> int:
    changed = experiment.variants[cell.variant].get("seed", experiment.base.seed)
    return int(changed) + cell.seed_index
