"""A sweep is cut into pieces that hold each network once and begin in a useful order."""

from __future__ import annotations

from bnlab.fleet.plan import structure_of
from bnlab.lab.workers.protocol.pieces import cut, fleets_of, numbers_of
from bnlab.results.sweeps.cells import cells_of
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import parse
from tests.lab.workers.sweeps import tiny_sweep


def a_map() -> Experiment:
    """Two variants by 5 x 6 of five layers of 64 on digits."""
    axes = {"optimizer.lr": [0.01, 0.03, 0.1, 0.3, 1], "network.gain": [0.3, 0.5, 1, 2, 3, 4]}
    return parse(Experiment, {"base": {"network": {"depth": 5, "width": 64}}, "axes": axes})


def test_each_network_is_in_one_piece_among_equals() -> None:
    sweep = tiny_sweep()
    cells = cells_of(sweep)
    pieces = cut(fleets_of(sweep), most_numbers=20_000)
    members = [member for piece in pieces for member in piece.plan.members]
    assert sorted(members) == list(range(len(cells)))
    for piece in pieces:
        assert len({structure_of(spec) for spec in piece.plan.specs}) == 1
        assert [cells[member].spec for member in piece.plan.members] == list(piece.plan.specs)


def test_networks_that_cannot_be_built_are_in_no_piece() -> None:
    group = {"group": {"norm.kind": "group", "norm.groups": 4}}
    sweep = tiny_sweep(variants=group, axes={"network.width": [4, 6, 8]})
    (first, second) = sorted(cut(fleets_of(sweep)), key=lambda piece: piece.plan.members)
    assert (first.plan.members, second.plan.members) == ((0, 1), (4, 5))


def test_no_piece_holds_more_than_it_may_unless_it_is_one_network() -> None:
    sweep = a_map()
    most = numbers_of(fleets_of(sweep)[0]) // 4
    for is_whole in (False, True):
        pieces = cut(fleets_of(sweep), most_numbers=most, is_whole=is_whole)
        assert all(piece.numbers <= most or len(piece.plan.specs) == 1 for piece in pieces)


def test_on_a_gpu_a_fleet_stays_whole_if_it_fits() -> None:
    assert [len(piece.plan.specs) for piece in cut(fleets_of(a_map()), is_whole=True)] == [30, 30]
    assert len(cut(fleets_of(a_map()))) > 2


def test_heavy_pieces_begin_first_and_the_variants_take_turns() -> None:
    kinds = [piece.plan.structure.norm.kind for piece in cut(fleets_of(a_map()))]
    assert kinds == ["none", "batch"] * (len(kinds) // 2)
    work = [piece.work for piece in cut(fleets_of(tiny_sweep()), most_numbers=20_000)]
    assert work == sorted(work, reverse=True)
