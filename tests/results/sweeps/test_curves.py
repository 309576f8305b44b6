"""Curves over one axis: their best value is the best, and an edge is told where it is one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bnlab.results.frames import DIVERGED, Array
from bnlab.results.sweeps.best import best_cell, edge_of
from bnlab.results.sweeps.curves import curves
from bnlab.results.sweeps.maps import heatmap
from bnlab.results.sweeps.table import Table
from bnlab.spec.experiment import Experiment
from tests.results.sweeps.tables import a_sweep, a_table, a_waiting_table, places

SWEEP = a_sweep(axes={"optimizer.lr": [0.01, 0.1, 1.0, 10.0]})


def with_accuracy(sweep: Experiment, variant: str, values: list[float]) -> Table:
    """A table in which every seed of a variant ends at these values."""
    table = a_table(sweep)
    accuracy = table.values["validation_accuracy"].copy()
    accuracy[places(sweep, variant)[0], -1] = np.array(values)[:, None]
    return replace(table, values={**table.values, "validation_accuracy": accuracy})


def test_a_curve_is_the_only_row_of_its_map() -> None:
    table = a_table(SWEEP)
    for curve in curves(SWEEP, table, "validation_loss", at=1):
        row = heatmap(SWEEP, table, "validation_loss", curve.variant, at=1)
        np.testing.assert_array_equal(curve.values, row.values[0])
        np.testing.assert_array_equal(curve.low, row.low[0])
        np.testing.assert_array_equal(curve.high, row.high[0])


@pytest.mark.parametrize(
    ("values", "best", "edge"),
    [
        ([0.1, 0.9, 0.5, 0.1], 1, None),
        ([0.1, 0.2, 0.5, 0.9], 3, "high"),
        ([0.9, 0.2, 0.5, 0.1], 0, "low"),
        ([0.9, 0.9, 0.9, 0.1], 1, None),
    ],
)
def test_the_best_value_is_found_and_an_edge_is_told(
    values: list[float], best: int, edge: str | None
) -> None:
    table = with_accuracy(SWEEP, "batch", values)
    curve = curves(SWEEP, table, "validation_accuracy")[1]
    assert (curve.variant, curve.best, curve.edge) == ("batch", best, edge)


def test_where_a_seed_diverged_is_not_best() -> None:
    table = with_accuracy(SWEEP, "none", [0.1, 0.5, 0.7, 0.9])
    status = table.status.copy()
    status[places(SWEEP, "none")[0, 3, 0]] = DIVERGED
    [none, _] = curves(SWEEP, replace(table, status=status), "validation_accuracy")
    assert none.best == 2 and none.diverged[3] == pytest.approx(1 / 3)


def test_low_is_best_for_losses_and_steps_and_never_is_not() -> None:
    assert best_cell(np.array([[0.3, 0.1, 0.2]]), "validation_loss") == (0, 1)
    assert best_cell(np.array([[np.inf, 40.0, 60.0]]), "steps_to_target") == (0, 1)
    assert best_cell(np.array([[np.inf, np.inf]]), "steps_to_target") is None


@pytest.mark.parametrize("metric", ["train_loss", "gradient_ratio", "diverged_share"])
def test_only_what_is_measured_on_the_validation_part_chooses(metric: str) -> None:
    values: Array = np.array([0.3, 0.1, 0.2])
    assert best_cell(values[None], metric) is None  # type: ignore[arg-type]


def test_an_end_of_the_axis_is_an_edge_only_where_the_field_goes_on() -> None:
    assert edge_of("network.dropout", (0.0, 0.2, 0.4), 0) is None
    assert edge_of("network.dropout", (0.0, 0.2, 0.4), 2) == "high"
    assert edge_of("network.depth", (4, 2, 1), 0) == "high"
    assert edge_of("network.depth", (4, 2, 1), 2) is None
    assert edge_of("network.activation", ("relu", "tanh"), 1) is None
    assert edge_of("norm.momentum", (0.1, "cumulative"), 0) is None


def test_before_the_first_number_nothing_is_best() -> None:
    for curve in curves(SWEEP, a_waiting_table(SWEEP), "validation_accuracy"):
        assert curve.best is None and curve.edge is None


def test_a_sweep_with_two_axes_has_no_curves() -> None:
    sweep = a_sweep()
    with pytest.raises(ValueError, match="axes must be one"):
        curves(sweep, a_table(sweep), "validation_accuracy")
