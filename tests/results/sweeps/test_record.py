"""The table of a sweep fills from evaluations, in any order of cells, and again if repeated."""

from __future__ import annotations

import numpy as np
import pytest

from bnlab.results.frames import DIVERGED, REACHED_TARGET, TRAINING, pack
from bnlab.results.sweeps.cells import cells_of
from bnlab.results.sweeps.estimate import Cost
from bnlab.results.sweeps.record import GrowingTable, evaluation_bytes, evaluation_steps
from bnlab.results.sweeps.table import END_QUANTITIES, SWEEP_QUANTITIES, UNBUILT, WAITING, Table
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import MemberSpec, parse


def a_sweep() -> Experiment:
    """Group norm in widths of which one cannot be, and steps of which some are fewer."""
    return parse(
        Experiment,
        {
            "base": {"norm": {"kind": "group", "groups": 4}, "evaluate_every": 10},
            "variants": {"group": {}},
            "axes": {"network.width": [8, 6], "steps": [15, 30]},
        },
    )


def told(step: int, cells: list[int], status: int = TRAINING, value: float = 0.5) -> bytes:
    """An evaluation of some cells, every quantity of the same value."""
    values = np.full(len(cells), value, np.float32)
    return evaluation_bytes(
        step,
        {
            "cells": np.array(cells, np.int32),
            "status": np.full(len(cells), status, np.uint8),
            **dict.fromkeys(END_QUANTITIES, values),
            **dict.fromkeys(SWEEP_QUANTITIES, values),
        },
    )


def test_networks_are_evaluated_at_the_start_each_interval_and_the_end() -> None:
    def steps(steps: int, every: int) -> list[int]:
        spec = parse(MemberSpec, {"steps": steps, "evaluate_every": every})
        return evaluation_steps(spec).tolist()

    assert steps(30, 10) == [0, 10, 20, 30]
    assert steps(25, 10) == [0, 10, 20, 25]
    assert steps(5, 10) == [0, 5]


def test_a_new_table_waits_except_for_what_cannot_be_built() -> None:
    table = GrowingTable(cells_of(a_sweep())).snapshot()
    assert table.eval_steps.tolist() == [0, 10, 15, 20, 30]
    assert table.status.tolist() == [WAITING, WAITING, UNBUILT, UNBUILT]
    assert np.isnan(table.values["train_loss"]).all()


def test_cells_of_fewer_steps_end_earlier() -> None:
    growing = GrowingTable(cells_of(a_sweep()))
    for step, cells in ((0, [0, 1]), (10, [1, 0]), (15, [0]), (20, [1]), (30, [1])):
        growing.fill(told(step, cells))
    values = growing.snapshot().values["validation_loss"]
    assert np.isfinite(values).tolist() == [
        [True, True, True, False, False],
        [True, True, False, True, True],
        [False] * 5,
        [False] * 5,
    ]
    assert growing.snapshot().steps.tolist() == [15, 30, 0, 0]
    assert growing.mean_step == 22


def test_the_target_is_reached_at_the_first_evaluation_that_says_so() -> None:
    growing = GrowingTable(cells_of(a_sweep()))
    growing.fill(told(0, [0, 1]))
    growing.fill(told(10, [0], REACHED_TARGET))
    growing.fill(told(10, [1]))
    growing.fill(told(15, [0], DIVERGED))
    table = growing.snapshot()
    assert table.target_steps.tolist() == [10, np.inf, np.inf, np.inf]
    assert table.status.tolist() == [DIVERGED, TRAINING, UNBUILT, UNBUILT]


def test_what_is_repeated_changes_nothing() -> None:
    growing = GrowingTable(cells_of(a_sweep()))
    for step in (0, 10):
        growing.fill(told(step, [0], REACHED_TARGET))
    growing.fill(told(0, [0], TRAINING, value=0.9))
    table = growing.snapshot()
    assert (table.status[0], table.steps[0]) == (REACHED_TARGET, 10)
    assert table.values["train_loss"][0, 0] == 0.5


def test_a_snapshot_stands_and_is_shared_until_something_changes() -> None:
    growing = GrowingTable(cells_of(a_sweep()))
    before = growing.snapshot()
    assert growing.snapshot() is before
    growing.fill(told(0, [0]))
    assert before.status[0] == WAITING
    after = growing.snapshot()
    assert after.status[0] == TRAINING
    with pytest.raises(ValueError, match="read-only"):
        _write(after)


def _write(table: Table) -> None:
    table.status[0] = 0


@pytest.mark.parametrize(
    "data",
    [
        b"not a message",
        pack({}, {}),
        pack({"step": 0}, {}),
        told(7, [0]),
        told(0, [99]),
    ],
)
def test_bytes_that_are_no_evaluation_of_these_cells_are_refused(data: bytes) -> None:
    growing = GrowingTable(cells_of(a_sweep()))
    with pytest.raises(ValueError, match="Not a"):
        growing.fill(data)
    assert growing.snapshot().steps.max() == 0


def test_an_evaluation_that_lacks_a_quantity_is_not_made() -> None:
    with pytest.raises(ValueError, match="lacks cells, exact_accuracy"):
        evaluation_bytes(0, {})


def test_a_network_costs_its_beginning_its_steps_and_its_evaluations() -> None:
    spec = parse(MemberSpec, {"steps": 25, "evaluate_every": 10})
    # Evaluated at 0 (part of its beginning), 10, 20 and, with exact statistics, 25.
    assert Cost(begin=1000, step=1, evaluation=100, last=500).to_the_end(spec) == 1725
