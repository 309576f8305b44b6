"""Curves are whole up to a number of points and then evenly thinned; readers get what they lack."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bnlab.lab.runs.curves import Cursor, GrowingCurves
from bnlab.results.frames import Array
from tests.lab.runs.builders import a_frame

CUTS = st.lists(st.integers(1, 40), min_size=1, max_size=40)


def extend(curves: GrowingCurves, cuts: list[int], *, start: int = 0) -> int:
    """Frames that are so many steps apart; returns the last step."""
    step = start
    for cut in cuts:
        curves.extend(a_frame(step + cut, since=step, quantities=(), has_pictures=False))
        step += cut
    return step


@given(CUTS)
def test_below_the_capacity_every_loss_is_there(cuts: list[int]) -> None:
    curves = GrowingCurves()
    last = extend(curves, cuts)
    arrays = curves.since(None)[1]
    np.testing.assert_array_equal(arrays["loss_steps"], np.arange(1, last + 1))
    np.testing.assert_array_equal(arrays["train_loss"][1], arrays["loss_steps"])
    np.testing.assert_array_equal(arrays["eval_steps"], np.cumsum(cuts))


@given(CUTS, st.integers(3, 50))
def test_above_it_points_are_evenly_spaced_and_both_ends_are_kept(
    cuts: list[int], capacity: int
) -> None:
    curves = GrowingCurves(capacity=capacity)
    last = extend(curves, cuts)
    curves.seal()
    steps = curves.since(None)[1]["loss_steps"]
    assert steps[0] == 1
    assert steps[-1] == last
    assert len(steps) <= capacity + 1
    assert len(set(np.diff(steps[:-1]).tolist())) <= 1
    assert len(steps) >= min(last, capacity // 2)


@given(CUTS, st.integers(3, 50), st.integers(1, 7))
def test_a_reader_that_follows_has_what_a_late_reader_gets(
    cuts: list[int], capacity: int, every: int
) -> None:
    curves = GrowingCurves(capacity=capacity)
    cursor: Cursor | None = None
    mine: dict[str, Array] = {}
    step = 0
    for begin in range(0, len(cuts), every):
        step = extend(curves, cuts[begin : begin + every], start=step)
        cursor, arrays, is_whole = curves.since(cursor)
        mine = arrays if is_whole else _joined(mine, arrays)
    late = curves.since(None)[1]
    for name, array in late.items():
        np.testing.assert_array_equal(mine[name], array)


@given(CUTS, st.integers(0, 30))
def test_steps_that_are_known_already_change_nothing(cuts: list[int], back: int) -> None:
    curves = GrowingCurves()
    last = extend(curves, cuts)
    before = curves.since(None)[1]
    again = max(0, last - back)
    curves.extend(a_frame(again, since=0, quantities=(), has_pictures=False))
    for name, array in curves.since(None)[1].items():
        np.testing.assert_array_equal(array, before[name])


def _joined(mine: dict[str, Array], tail: dict[str, Array]) -> dict[str, Array]:
    return {name: np.concatenate([mine[name], tail[name]], axis=-1) for name in mine}
