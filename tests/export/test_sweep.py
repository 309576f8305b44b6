"""A sweep as files: they parse, and hold every network with its numbers."""

from __future__ import annotations

import csv
import json
import math

import numpy as np

from bnlab.export.sweep import sweep_csv, sweep_json
from bnlab.results.sweeps.cells import cells_of
from bnlab.results.sweeps.table import SWEEP_QUANTITIES
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import parse
from tests.results.sweeps.tables import a_sweep, a_table, a_waiting_table

SWEEP = a_sweep(
    base={"seed": 7, "steps": 40},
    axes={"network.width": [8, 10], "network.activation": ["relu", "tanh"]},
    variants={"group": {"norm.kind": "group"}, "a + b": {}},
)
TABLE = a_table(SWEEP)


def test_the_csv_has_a_row_for_every_network_with_its_newest_numbers() -> None:
    rows = list(csv.DictReader("".join(sweep_csv(SWEEP, TABLE)).splitlines()))
    cells = cells_of(SWEEP)
    assert len(rows) == len(cells) == 24
    for index, (row, cell) in enumerate(zip(rows, cells, strict=True)):
        assert row["variant"] == cell.variant
        assert int(row["seed"]) == 7 + cell.seed_index
        assert int(row["network.width"]) == (8, 10)[cell.place[0]]
        assert row["network.activation"] == ("relu", "tanh")[cell.place[1]]
        if cell.spec is None:
            assert row["status"] == "cannot be built" and row["reason"] == cell.reason
            assert row["validation_loss"] == row["steps_to_target"] == ""
        else:
            for name in SWEEP_QUANTITIES:
                assert np.float32(row[name]) == TABLE.values[name][index, -1]


def test_the_json_gives_the_experiment_and_every_curve_back() -> None:
    document = json.loads("".join(sweep_json(SWEEP, TABLE)))
    assert document["format"] == "bnlab sweep 1"
    assert parse(Experiment, document["experiment"]) == SWEEP
    assert document["eval_steps"] == [0, 20, 40]
    for index, cell in enumerate(document["cells"]):
        for name in SWEEP_QUANTITIES:
            curve = [math.nan if value is None else value for value in cell["curves"][name]]
            np.testing.assert_array_equal(np.float32(curve), TABLE.values[name][index])
    assert document["cells"][0]["point"] == {"network.width": 8, "network.activation": "relu"}


def test_a_sweep_that_has_just_begun_is_exported_with_gaps() -> None:
    table = a_waiting_table(SWEEP)
    rows = list(csv.DictReader("".join(sweep_csv(SWEEP, table)).splitlines()))
    assert {row["status"] for row in rows} == {"waiting"}
    cells = json.loads("".join(sweep_json(SWEEP, table)))["cells"]
    assert cells[0]["exact_accuracy"] is None and cells[0]["steps_to_target"] is None
