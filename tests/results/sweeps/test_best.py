"""The best place of a sweep is the best, and an edge is told where it is one, with words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bnlab.results.frames import DIVERGED
from bnlab.results.sweeps.best import best_cell, best_places
from bnlab.results.sweeps.table import Table
from bnlab.results.sweeps.words import edge_words
from tests.results.sweeps.tables import a_sweep, a_table, a_waiting_table, places

# Columns: learning rate 0.01, 0.1, 1; rows: hidden layers 2, 4, 6.
SWEEP = a_sweep(axes={"optimizer.lr": [0.01, 0.1, 1.0], "network.depth": [2, 4, 6]})


def with_best(variant: str, place: tuple[int, int], table: Table) -> Table:
    """A table in which every seed of a variant ends at 0.95 at one place, at 0.5 elsewhere."""
    accuracy = table.values["validation_accuracy"].copy()
    accuracy[places(SWEEP, variant), -1] = 0.5
    accuracy[places(SWEEP, variant)[place[::-1]], -1] = 0.95  # row, column
    return replace(table, values={**table.values, "validation_accuracy": accuracy})


@pytest.mark.parametrize(
    ("place", "edges"),
    [
        ((1, 1), {}),
        ((2, 1), {"optimizer.lr": "high"}),
        ((1, 0), {"network.depth": "low"}),
        ((0, 2), {"optimizer.lr": "low", "network.depth": "high"}),
    ],
)
def test_the_best_place_of_a_map_is_found_and_every_edge_it_lies_at(
    place: tuple[int, int], edges: dict[str, str]
) -> None:
    table = with_best("batch", place, a_table(SWEEP))
    [_, best] = best_places(SWEEP, table, "validation_accuracy")
    assert (best.variant, best.place, best.edges) == ("batch", place, edges)
    assert best.value == pytest.approx(0.95)


def test_where_a_seed_diverged_is_not_the_best_place() -> None:
    table = with_best("none", (2, 1), a_table(SWEEP))
    status = table.status.copy()
    status[places(SWEEP, "none")[1, 2, 0]] = DIVERGED
    [none, _] = best_places(SWEEP, replace(table, status=status), "validation_accuracy")
    assert none.place != (2, 1)


def test_of_equally_good_places_the_one_least_near_to_an_edge_is_best() -> None:
    values = np.full((5, 5), 0.5)
    for cell in ((0, 2), (1, 1), (4, 4)):
        values[cell] = 0.9
    assert best_cell(values, "validation_accuracy") == (1, 1)


def test_before_the_first_number_no_place_is_best() -> None:
    assert best_places(SWEEP, a_waiting_table(SWEEP), "validation_accuracy") == ()


def test_each_edge_is_said_once_with_all_variants_that_are_best_there() -> None:
    table = with_best("none", (2, 1), with_best("batch", (2, 0), a_table(SWEEP)))
    found = edge_words(
        SWEEP, "validation_accuracy", best_places(SWEEP, table, "validation_accuracy")
    )
    assert [(edge.path, edge.end) for edge in found] == [
        ("optimizer.lr", "high"),
        ("network.depth", "low"),
    ]
    assert found[1].text == (
        "batch: best at learning rate 1, hidden layers 2, 95.0 %. This is the lowest value of "
        "the axis hidden layers: the best may lie beyond it."
    )
    assert found[0].text.startswith("none: best at learning rate 1, hidden layers 4, 95.0 %.")
    assert "batch: best at learning rate 1, hidden layers 2" in found[0].text
