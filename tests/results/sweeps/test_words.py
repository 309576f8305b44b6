"""Sweeps in words: short, and true to the numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bnlab.results.frames import DIVERGED
from bnlab.results.sweeps.axes import sweepable
from bnlab.results.sweeps.curves import curves
from bnlab.results.sweeps.differences import difference
from bnlab.results.sweeps.maps import Heatmap, heatmap
from bnlab.results.sweeps.metrics import METRICS
from bnlab.results.sweeps.words import (
    axis_words,
    best_words,
    cell_words,
    difference_words,
    number_words,
    place_words,
    reasons,
    size_words,
    values_words,
)
from tests.results.sweeps.tables import a_sweep, a_table, a_waiting_table, places

SWEEP = a_sweep()


def a_cell(value: float, low: float, high: float, *, diverged: float = 0.0) -> Heatmap:
    numbers = [np.array([[number]]) for number in (value, low, high, diverged)]
    return Heatmap(*numbers, unbuilt=np.array([[False]]), waiting=np.array([[False]]))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (a_cell(0.931, 0.91, 0.95), "93.1 % (seeds: 91.0 % to 95.0 %)"),
        (a_cell(0.931, 0.931, 0.931), "93.1 %"),
        (a_cell(0.9, 0.8, 1.0, diverged=1 / 3), "90.0 % (seeds: 80.0 % to 100.0 %), 1 of 3 div"),
        (a_cell(np.nan, np.nan, np.nan, diverged=1.0), "3 of 3 diverged"),
    ],
)
def test_a_cell_says_its_mean_its_seeds_and_what_diverged(cell: Heatmap, expected: str) -> None:
    assert cell_words(SWEEP, "validation_accuracy", cell, 0, 0).startswith(expected)


def test_a_single_network_that_diverged_says_just_that() -> None:
    sweep = a_sweep(seeds=1)
    cell = a_cell(np.nan, np.nan, np.nan, diverged=1.0)
    assert cell_words(sweep, "train_loss", cell, 0, 0) == "diverged"


def test_a_cell_says_never_where_the_target_is_not_reached() -> None:
    cell = a_cell(np.inf, 40.0, np.inf)
    assert cell_words(SWEEP, "steps_to_target", cell, 0, 0) == "never (seeds: 40 to never)"


@pytest.mark.parametrize("metric", METRICS)
def test_every_cell_says_something_in_every_state(metric: str) -> None:
    sweep = a_sweep(
        axes={"network.width": [8, 10]}, variants={"group": {"norm.kind": "group"}, "none": {}}
    )
    table = a_table(sweep)
    status = table.status.copy()
    status[places(sweep, "none")[0, 0]] = DIVERGED
    for state in (table, replace(table, status=status), a_waiting_table(sweep)):
        for variant in sweep.variants:
            shown = heatmap(sweep, state, metric, variant)  # type: ignore[arg-type]
            for column in range(2):
                assert cell_words(sweep, metric, shown, 0, column)  # type: ignore[arg-type]


def test_a_difference_says_its_interval_its_pairs_and_whether_it_may_be_chance() -> None:
    table = a_table(SWEEP)
    accuracy = table.values["validation_accuracy"].copy()
    accuracy[places(SWEEP, "batch")[0, 0]] = np.array([0.1, 0.6, 0.7])[:, None]
    accuracy[places(SWEEP, "none")[0, 0]] = 0.4
    accuracy[places(SWEEP, "batch")[0, 1]] = 0.9
    accuracy[places(SWEEP, "none")[0, 1]] = np.array([0.1, 0.12, 0.11])[:, None]
    table = replace(table, values={**table.values, "validation_accuracy": accuracy})
    shown = difference(SWEEP, table, "validation_accuracy", "batch", "none")
    words = difference_words("validation_accuracy", shown, 0, 1)
    assert words == "+79.0 points (95 %: +76.5 to +81.5, 3 pairs)"
    assert difference_words("validation_accuracy", shown, 0, 0).endswith("3 pairs), may be chance")


def test_a_difference_without_numbers_says_why() -> None:
    never = np.full_like(a_table(SWEEP).target_steps, 20)
    never[places(SWEEP, "none")] = np.inf
    table = replace(a_table(SWEEP), target_steps=never)
    shown = difference(SWEEP, table, "steps_to_target", "batch", "none")
    words = difference_words("steps_to_target", shown, 0, 0)
    assert words.endswith("reaches the target, the first")
    waiting = difference(SWEEP, a_waiting_table(SWEEP), "train_loss", "batch", "none")
    assert difference_words("train_loss", waiting, 0, 0) == "no pair to compare"


def test_the_best_value_is_said_and_an_edge_is_warned_of() -> None:
    sweep = a_sweep(axes={"optimizer.lr": [0.1, 0.3, 1.0]})
    table = a_table(sweep)
    accuracy = table.values["validation_accuracy"].copy()
    accuracy[places(sweep, "none")[0], -1] = np.array([0.1, 0.9, 0.5])[:, None]
    accuracy[places(sweep, "batch")[0], -1] = np.array([0.1, 0.5, 0.95])[:, None]
    table = replace(table, values={**table.values, "validation_accuracy": accuracy})
    none, batch = (
        best_words(sweep, "validation_accuracy", curve)
        for curve in curves(sweep, table, "validation_accuracy")
    )
    assert none == "none: best at learning rate 0.3, 90.0 %."
    assert batch == (
        "batch: best at learning rate 1, 95.0 %. This is the highest value of the axis: "
        "the best may lie beyond it."
    )
    unknown = curves(sweep, a_waiting_table(sweep), "validation_accuracy")[0]
    assert best_words(sweep, "validation_accuracy", unknown) == "none: no best value yet."


def test_a_place_is_named_by_its_values() -> None:
    assert place_words(SWEEP, (1, 0)) == "learning rate 0.1, hidden layers 2"
    whole = a_sweep(axes={"optimizer.lr": [1, 0.5], "network.skips": [False, True]})
    assert values_words("optimizer.lr", whole) == ["1", "0.5"]
    assert values_words("network.skips", whole) == ["off", "on"]


def test_the_size_of_a_sweep_is_said_with_its_factors() -> None:
    assert size_words(SWEEP) == "36 networks: 2 variants × 3 × 2 values × 3 seeds"
    alone = a_sweep(axes={"network.depth": [1, 2]}, variants={"a": {}}, seeds=1)
    assert size_words(alone) == "2 networks: 1 variant × 2 values × 1 seed"


def test_a_network_that_cannot_be_built_has_a_reason_at_its_place() -> None:
    sweep = a_sweep(
        axes={"optimizer.lr": [0.1, 1.0], "network.width": [8, 10]},
        variants={"group": {"norm.kind": "group"}, "none": {}},
    )
    found = reasons(sweep, "group")
    assert found.keys() == {(1, 0), (1, 1)}
    assert found[1, 0].startswith("norm.groups must be a divisor of the width 10")
    assert not reasons(sweep, "none")


def test_every_axis_has_a_name_and_what_is_no_number_a_dash() -> None:
    assert all(axis_words(field.path) for field in sweepable())
    assert number_words("loss", np.nan) == "–"
