"""The bench holds what can be computed by hand, in a link too, or refuses it with a sentence."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bnlab.by_hand.layer_example import (
    FIRST_BENCH,
    READY_BENCHES,
    Bench,
    bench_of,
    from_query,
    random_bench,
    to_query,
)
from bnlab.spec.fields import SpecError
from tests.by_hand.torch_layer import benches


@given(benches())
def test_a_bench_comes_back_from_its_link(bench: Bench) -> None:
    url = urlencode(to_query(bench))
    assert "%" not in url  # a link is as short as it is legible
    assert from_query(dict(parse_qsl(url))) == bench


@given(st.floats(-1e60, 1e60), st.floats(0, 100))
def test_a_link_holds_every_digit(value: float, eps: float) -> None:
    bench = bench_of([[value], [1.0]], eps=eps)
    assert from_query(to_query(bench)) == bench


def test_a_link_names_every_field_so_that_no_later_default_changes_it() -> None:
    assert set(to_query(FIRST_BENCH)) == {"v", *Bench.model_fields}


def test_an_empty_link_is_the_first_bench() -> None:
    assert from_query({}) == FIRST_BENCH


def test_what_a_link_leaves_out_has_its_default() -> None:
    bench = from_query({"x": "1_2~3_5"})
    assert (bench.weight, bench.bias, bench.eps) == ((1.0, 1.0), (0.0, 0.0), 1e-5)
    assert np.shape(bench.grad_y) == (2, 2)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"x": "1_a~2_3"}, "x, row 1, column 2 must be a number"),
        ({"x": "1_2~3"}, r"x must be .*\(got 2 numbers in row 1 and 1 in row 2"),
        ({"x": "1_2"}, r"x must be .*a single value is its own mean.*\(got 1 row of 2 numbers"),
        ({"x": ""}, r"x, row 1, column 1 must be .*\(got nothing"),
        ({"x": "1~2", "weight": "1_2"}, "weight must be one for each of the 1"),
        ({"x": "1~2", "weight": "1~2"}, "weight must be one row of numbers"),
        ({"x": "1~2", "eps": "-1"}, "eps must be a number from 0 to 100"),
        ({"x": "1~2", "eps": "1_2"}, "eps must be a number"),
        ({"x": "1~2", "grad_y": "1~2~3"}, "grad_y must be 2 rows"),
        ({"x": "1~1e300"}, r"x, row 2, column 1 must be .*\(got '1e300'"),
        ({"eps": "1"}, "x must be rows of numbers"),
        ({"x": "1~2", "v": "7"}, "v must be 1"),
        ({"x": "1~2", "<b>": "7"}, r"'<b>' is not a field \(the fields are x, weight"),
    ],
)
def test_a_bad_link_says_what_was_wrong(query: dict[str, str], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        from_query(query)


@pytest.mark.parametrize(
    ("rows", "columns", "fits"),
    [(2, 1, True), (64, 8, True), (1024, 1, True), (1, 3, False), (65, 2, False), (1025, 1, False),
     (4, 9, False), (10_000, 3, False), (0, 0, False)],
)  # fmt: skip
def test_sizes_are_bounded(rows: int, columns: int, fits: bool) -> None:
    x = np.arange(rows * columns, dtype=float).reshape(rows, columns)
    if fits:
        assert (bench_of(x).rows, bench_of(x).columns) == (rows, columns)
    else:
        with pytest.raises(SpecError, match=f"x must be 2 to 64 rows.*got {rows} row"):
            bench_of(x)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e61])
def test_what_cannot_be_computed_with_is_refused(value: float) -> None:
    with pytest.raises(SpecError, match=r"x must be numbers up to 1e\+60"):
        bench_of([[value], [1.0]])
    with pytest.raises(ValidationError):
        Bench(x=((value,), (1.0,)), weight=(1.0,), bias=(0.0,), grad_y=((1.0,), (1.0,)))


@given(benches(), benches())
def test_another_minibatch_keeps_what_is_there(bench: Bench, other: Bench) -> None:
    changed = bench.with_minibatch(other.x)
    kept = min(bench.columns, other.columns)
    assert changed.x == other.x
    assert changed.eps == bench.eps
    assert changed.weight[:kept] == bench.weight[:kept]
    assert changed.grad_y[0][:kept] == bench.grad_y[0][:kept]


def test_random_benches_differ_by_seed_alone() -> None:
    assert random_bench(1) == random_bench(1) != random_bench(2)
    assert np.shape(random_bench(3, rows=7, columns=2).x) == (7, 2)


def test_each_ready_bench_is_what_its_name_says() -> None:
    outlier, constant, two = (np.array(bench.x) for bench in READY_BENCHES.values())
    others = np.delete(outlier[:, 0], 0)
    assert abs(outlier[0, 0] - others.mean()) > 10 * np.ptp(others)
    assert np.ptp(constant[:, 1]) == 0
    assert len(two) == 2
