"""Heatmaps: every number comes from its cells, and nothing that diverged is averaged in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bnlab.results.frames import DIVERGED, Array
from bnlab.results.sweeps.cells import cells_of
from bnlab.results.sweeps.maps import heatmap, place_of
from bnlab.results.sweeps.metrics import METRICS, MetricName
from bnlab.results.sweeps.table import END_QUANTITIES, SWEEP_QUANTITIES, Table
from bnlab.results.sweeps.words import cell_words
from tests.results.sweeps.tables import a_sweep, a_table, a_waiting_table, places

SWEEP = a_sweep()
TABLE = a_table(SWEEP)
ONE_AXIS = a_sweep(axes={"network.depth": [1, 2, 3, 4]})


def with_values(table: Table, **rows: Array) -> Table:
    return replace(table, values={**table.values, **rows})


def diverging(table: Table, cells: Any, column: int) -> Table:
    """The same, but these cells lose all numbers before the evaluation of a column."""
    values = {name: rows.copy() for name, rows in table.values.items()}
    for rows in values.values():
        rows[cells, column:] = np.nan
    values["validation_accuracy"][cells, column:] = 0.1  # NaN logits are an answer, too
    status = table.status.copy()
    status[cells] = DIVERGED
    return replace(table, values=values, status=status)


@pytest.mark.parametrize("metric", [*SWEEP_QUANTITIES, *END_QUANTITIES])
@pytest.mark.parametrize("sweep", [SWEEP, ONE_AXIS], ids=["two axes", "one axis"])
def test_a_map_is_the_mean_of_the_seeds_and_its_ends_are_seeds(sweep: Any, metric: Any) -> None:
    table = a_table(sweep)
    column = table.at_end[metric] if metric in END_QUANTITIES else table.values[metric][:, -1]
    for variant in sweep.variants:
        seeds = column[places(sweep, variant)].astype(float)
        found = heatmap(sweep, table, metric, variant)
        is_ratio = metric == "gradient_ratio"
        mean = np.exp(np.log(seeds).mean(-1)) if is_ratio else seeds.mean(-1)
        np.testing.assert_allclose(found.values, mean)
        np.testing.assert_array_equal(found.low, seeds.min(-1))
        np.testing.assert_array_equal(found.high, seeds.max(-1))
        assert not found.waiting.any() and not found.unbuilt.any() and not found.diverged.any()


def test_columns_are_the_first_axis_and_rows_the_second() -> None:
    assert heatmap(SWEEP, TABLE, "train_loss", "none").values.shape == (2, 3)
    assert heatmap(ONE_AXIS, a_table(ONE_AXIS), "train_loss", "none").values.shape == (1, 4)
    for sweep in (SWEEP, ONE_AXIS):
        cells = cells_of(sweep)
        for (row, column, _), index in np.ndenumerate(places(sweep, "batch")):
            assert cells[index].place == place_of(sweep, row, column)


def test_an_earlier_evaluation_shows_what_was_known_then() -> None:
    found = heatmap(SWEEP, TABLE, "validation_loss", "none", at=1)
    seeds = TABLE.values["validation_loss"][places(SWEEP, "none"), 1].astype(float)
    np.testing.assert_allclose(found.values, seeds.mean(-1))


def test_without_a_step_each_cell_shows_its_newest_number() -> None:
    loss = TABLE.values["validation_loss"].copy()
    behind = places(SWEEP, "none")[0, 0]
    loss[behind, 2] = np.nan
    found = heatmap(SWEEP, with_values(TABLE, validation_loss=loss), "validation_loss", "none")
    assert found.values[0, 0] == pytest.approx(loss[behind, 1].mean())
    assert found.values[0, 1] == pytest.approx(loss[places(SWEEP, "none")[0, 1], 2].mean())


@pytest.mark.parametrize("metric", METRICS)
def test_before_the_first_number_every_cell_waits(metric: MetricName) -> None:
    found = heatmap(SWEEP, a_waiting_table(SWEEP), metric, "batch")
    assert found.waiting.all() and np.isnan(found.values).all()
    assert not found.diverged.any()


@pytest.mark.parametrize("metric", METRICS)
def test_a_cell_of_which_all_seeds_diverged_is_marked_and_has_no_number(
    metric: MetricName,
) -> None:
    gone = places(SWEEP, "none")[1, 2]
    found = heatmap(SWEEP, diverging(TABLE, gone, 1), metric, "none")
    assert found.diverged[1, 2] == 1 and not found.waiting[1, 2]
    assert found.diverged.sum() == 1
    if metric == "diverged_share":
        assert found.values[1, 2] == 1
    elif metric != "steps_to_target":
        assert np.isnan(found.values[1, 2])


def test_a_seed_that_diverged_is_counted_and_left_out_of_the_mean() -> None:
    cells = places(SWEEP, "none")[0, 1]
    found = heatmap(SWEEP, diverging(TABLE, cells[:1], 2), "validation_accuracy", "none")
    assert found.diverged[0, 1] == pytest.approx(1 / 3)
    rest = TABLE.values["validation_accuracy"][cells[1:], 2].astype(float)
    assert found.values[0, 1] == pytest.approx(rest.mean())


def test_a_cell_has_its_numbers_until_it_diverges() -> None:
    gone = places(SWEEP, "none")[0, 0]
    table = diverging(TABLE, gone, 2)
    before = heatmap(SWEEP, table, "validation_accuracy", "none", at=1)
    assert before.diverged[0, 0] == 0
    accuracy = TABLE.values["validation_accuracy"][gone, 1].astype(float)
    assert before.values[0, 0] == pytest.approx(accuracy.mean())
    assert heatmap(SWEEP, table, "diverged_share", "none", at=1).values[0, 0] == 0
    assert heatmap(SWEEP, table, "diverged_share", "none", at=2).values[0, 0] == 1


@pytest.mark.parametrize(
    ("seeds", "middle"),
    [
        ((20, 40, 40), 40),
        ((20, np.inf, np.inf), np.inf),
        ((np.inf, 0, 20), 20),
    ],
)
def test_steps_to_the_target_are_those_of_the_median_seed(
    seeds: tuple[float, ...], middle: float
) -> None:
    target = TABLE.target_steps.copy()
    target[places(SWEEP, "none")[0, 0]] = seeds
    found = heatmap(SWEEP, replace(TABLE, target_steps=target), "steps_to_target", "none")
    assert found.values[0, 0] == middle
    assert (found.low[0, 0], found.high[0, 0]) == (min(seeds), max(seeds))


def test_a_target_that_is_reached_later_is_not_reached_yet() -> None:
    table = replace(TABLE, target_steps=np.full_like(TABLE.target_steps, 40.0))
    assert np.isinf(heatmap(SWEEP, table, "steps_to_target", "none", at=1).values).all()
    assert (heatmap(SWEEP, table, "steps_to_target", "none", at=2).values == 40).all()


def test_a_network_that_cannot_be_built_is_marked_and_the_rest_is_there() -> None:
    sweep = a_sweep(
        axes={"network.width": [8, 10, 12]}, variants={"group": {"norm.kind": "group"}, "none": {}}
    )
    table = a_table(sweep)
    found = heatmap(sweep, table, "validation_accuracy", "group")
    assert found.unbuilt.tolist() == [[False, True, False]]
    assert not found.waiting.any()
    assert np.isfinite(found.values).tolist() == [[True, False, True]]
    assert not heatmap(sweep, table, "validation_accuracy", "none").unbuilt.any()


def test_what_is_measured_at_the_end_is_the_same_at_every_evaluation() -> None:
    table = diverging(TABLE, places(SWEEP, "none")[0, 0], 2)
    end = heatmap(SWEEP, table, "exact_accuracy", "none")
    assert end.diverged[0, 0] == 1 and np.isnan(end.values[0, 0])
    for at in range(3):
        then = heatmap(SWEEP, table, "exact_accuracy", "none", at=at)
        np.testing.assert_array_equal(then.values, end.values)
        np.testing.assert_array_equal(then.diverged, end.diverged)


def test_a_network_without_any_gradient_has_no_ratio_and_does_not_wait() -> None:
    dead = places(SWEEP, "none")[1, 1]
    ratio = TABLE.values["gradient_ratio"].copy()
    ratio[dead] = np.nan  # 0 / 0
    found = heatmap(SWEEP, with_values(TABLE, gradient_ratio=ratio), "gradient_ratio", "none")
    assert np.isnan(found.values[1, 1]) and not found.waiting.any()
    assert cell_words(SWEEP, "gradient_ratio", found, 1, 1) == "no number: both gradients are 0"


@pytest.mark.parametrize("metric", ["train_loss", "gradient_ratio"])
def test_before_the_first_step_there_is_no_gradient_yet(metric: MetricName) -> None:
    assert heatmap(SWEEP, TABLE, metric, "none", at=0).waiting.all()


def test_every_metric_says_what_it_is_and_has_a_range_that_is_known_beforehand() -> None:
    for name, metric in METRICS.items():
        assert metric.name == name and metric.title and metric.words.endswith(".")
        low, high = metric.range(SWEEP)
        assert 0 <= low < high and (low > 0 or not metric.is_log)
    assert METRICS["steps_to_target"].range(a_sweep(axes={"steps": [40, 300]})) == (0, 300)
    of_digits = METRICS["validation_loss"].range(SWEEP)[1]
    assert of_digits == pytest.approx(10 * np.log(10))
    assert METRICS["validation_loss"].range(a_sweep(base={"data": {"name": "xor"}}))[1] < of_digits
    mixed = a_sweep(base={"data": {"name": "xor"}}, axes={"data.name": ["xor", "digits"]})
    assert METRICS["validation_loss"].range(mixed)[1] == of_digits
