"""One cell of a sweep, and the race that is opened from it."""

from __future__ import annotations

import pytest

from bnlab.results.sweeps.cells import Cell, cells_of
from bnlab.results.sweeps.one_cell import cell_at, race_at
from bnlab.spec.experiment import Experiment
from bnlab.spec.links import from_query, to_query
from bnlab.spec.member import MemberSpec

# Batch norm refuses one example a batch, group norm a width that its groups do not divide.
SWEEP = Experiment(
    base=MemberSpec().replace({"norm.kind": "batch", "seed": 5}),
    variants={
        "none": {"norm.kind": "none"},
        "batch": {"norm.kind": "batch"},
        "group": {"norm.kind": "group", "norm.groups": 4},
    },
    axes={"batch_size": (1, 16), "network.width": (6, 8, 12)},
    seeds=2,
)


@pytest.mark.parametrize("cell", cells_of(SWEEP), ids=str)
def test_a_cell_is_the_same_alone_as_among_all(cell: Cell) -> None:
    alone = cell_at(SWEEP, cell.variant, cell.place, seed_index=cell.seed_index)
    assert alone == cell


@pytest.mark.parametrize("cell", cells_of(SWEEP), ids=str)
def test_the_race_of_a_cell_has_exactly_its_network_through_a_link(cell: Cell) -> None:
    race = race_at(SWEEP, cell)
    if cell.spec is None:
        assert race is None
    else:
        assert race is not None
        assert from_query(to_query(race)).specs()[cell.variant] == cell.spec


def test_the_race_of_a_cell_has_the_other_variants_that_can_be_built_there() -> None:
    of = {(cell.variant, cell.place, cell.seed_index): cell for cell in cells_of(SWEEP)}
    race = race_at(SWEEP, of["none", (0, 1), 1])
    assert race is not None
    assert race.specs() == {
        "none": of["none", (0, 1), 1].spec,
        "group": of["group", (0, 1), 1].spec,
    }
