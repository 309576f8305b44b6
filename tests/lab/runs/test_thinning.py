"""Thinning keeps a bounded, evenly spaced part of whatever was appended."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlab.lab.runs.thinning import EvenlyThinned


def filled(count: int, *, capacity: int) -> EvenlyThinned[int]:
    kept = EvenlyThinned[int](capacity)
    for item in range(count):
        kept.append(item)
    return kept


@given(st.integers(1, 3000), st.integers(3, 60))
def test_first_and_newest_are_kept_and_never_more_than_the_capacity(
    count: int, capacity: int
) -> None:
    kept = filled(count, capacity=capacity)
    assert kept[0] == 0
    assert kept[-1] == count - 1
    assert len(kept) <= capacity


@given(st.integers(1, 3000), st.integers(3, 60))
def test_all_but_the_newest_are_evenly_spaced_by_a_power_of_two(count: int, capacity: int) -> None:
    items = list(filled(count, capacity=capacity))
    gaps = {later - earlier for earlier, later in pairwise(items[:-1])}
    assert len(gaps) <= 1
    assert all(gap & (gap - 1) == 0 for gap in gaps)
    assert len(items) >= min(count, capacity // 2)


def test_everything_is_kept_up_to_the_capacity() -> None:
    assert list(filled(10, capacity=10)) == list(range(10))


def test_the_newest_can_be_replaced() -> None:
    kept = filled(3, capacity=4)
    kept.replace_newest(20)
    assert list(kept) == [0, 1, 20]


def test_a_capacity_below_three_is_refused() -> None:
    with pytest.raises(ValueError, match="must be 3 or more"):
        EvenlyThinned[int](2)
