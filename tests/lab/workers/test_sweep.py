"""What one worker does with its share of a sweep, without a worker process."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest

from bnlab.fleet.device import choose_device
from bnlab.lab.workers.inside.sweep_run import ActiveSweep
from bnlab.lab.workers.protocol.pieces import cut, fleets_of
from bnlab.results.frames import unpack
from tests.lab.workers.sweeps import tiny_sweep


class Told:
    """What a sweep has told its server: by piece the steps of its evaluations."""

    def __init__(self) -> None:
        self.steps: dict[int, list[int]] = {}
        self.done: set[int] = set()

    def __call__(self, meta: Mapping[str, Any], payload: bytes) -> None:
        self.steps.setdefault(meta["piece"], []).append(unpack(payload)[0]["step"])
        if meta["is_done"]:
            self.done.add(meta["piece"])


@pytest.mark.parametrize("until_s", [0.0, math.inf])
def test_pieces_develop_together_an_evaluation_interval_each(until_s: float) -> None:
    told = Told()
    sweep = ActiveSweep("r", device=choose_device(), is_paused=False, send=told)
    pieces = cut(fleets_of(tiny_sweep(steps=25)))
    for number, piece in enumerate(pieces):
        sweep.take(number, lambda piece=piece: piece.plan)
    while sweep.due_s < math.inf:
        sweep.advance(until_s)
        counts = [len(told.steps.get(number, ())) for number in range(len(pieces))]
        assert max(counts) - min(counts) <= 1
    assert all(steps == [0, 10, 20, 25] for steps in told.steps.values())
    assert told.done == set(range(len(pieces)))


def test_a_slice_that_is_over_ends_the_turn_after_a_step() -> None:
    told = Told()
    sweep = ActiveSweep("r", device=choose_device(), is_paused=False, send=told)
    sweep.take(0, lambda: fleets_of(tiny_sweep())[0])
    for turns in range(1, 11):
        sweep.advance(0.0)
        assert told.steps == {0: [0]}, turns
    sweep.advance(0.0)
    assert told.steps == {0: [0, 10]}


def test_a_piece_that_comes_later_begins_before_the_others_go_on() -> None:
    told = Told()
    sweep = ActiveSweep("r", device=choose_device(), is_paused=False, send=told)
    first, second = fleets_of(tiny_sweep())[:2]
    sweep.take(0, lambda: first)
    for _ in range(2):
        sweep.advance(math.inf)
    sweep.take(1, lambda: second)
    for _ in range(2):
        sweep.advance(math.inf)
    assert told.steps == {0: [0, 10, 20], 1: [0]}


def test_a_sweep_that_rests_or_has_nothing_wants_no_turn() -> None:
    sweep = ActiveSweep("r", device=choose_device(), is_paused=False, send=Told())
    assert sweep.due_s == math.inf
    sweep.take(0, lambda: fleets_of(tiny_sweep())[0])
    assert sweep.due_s < math.inf
    sweep.is_paused = True
    assert sweep.due_s == math.inf
    sweep.is_paused = False
    sweep.close()
    assert sweep.due_s == math.inf
