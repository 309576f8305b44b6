"""A layer example holds what can be computed by hand, or refuses it with a sentence."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bnlab.by_hand.layer_example import (
    FIRST_EXAMPLE,
    PRESETS,
    LayerExample,
    example_of,
    from_query,
    random_example,
    to_query,
)
from bnlab.spec.fields import SpecError
from tests.by_hand.torch_layer import layer_examples


@given(layer_examples())
def test_an_example_comes_back_from_its_link(example: LayerExample) -> None:
    url = urlencode(to_query(example))
    assert "%" not in url  # a link is as short as it is legible
    assert from_query(dict(parse_qsl(url))) == example


@given(st.floats(-1e60, 1e60), st.floats(0, 100))
def test_a_link_holds_every_digit(value: float, eps: float) -> None:
    example = example_of([[value], [1.0]], eps=eps)
    assert from_query(to_query(example)) == example


def test_a_link_names_every_field_so_that_no_later_default_changes_it() -> None:
    assert set(to_query(FIRST_EXAMPLE)) == {"v", *LayerExample.model_fields}


def test_an_empty_link_is_the_first_example() -> None:
    assert from_query({}) == FIRST_EXAMPLE


def test_what_a_link_leaves_out_has_its_default() -> None:
    example = from_query({"x": "1_2~3_5"})
    assert (example.weight, example.bias, example.eps) == ((1.0, 1.0), (0.0, 0.0), 1e-5)
    assert np.shape(example.grad_y) == (2, 2)


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
        assert (example_of(x).rows, example_of(x).columns) == (rows, columns)
    else:
        with pytest.raises(SpecError, match=f"x must be 2 to 64 rows.*got {rows} row"):
            example_of(x)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e61])
def test_what_cannot_be_computed_with_is_refused(value: float) -> None:
    with pytest.raises(SpecError, match=r"x must be numbers up to 1e\+60"):
        example_of([[value], [1.0]])
    with pytest.raises(ValidationError):
        LayerExample(x=((value,), (1.0,)), weight=(1.0,), bias=(0.0,), grad_y=((1.0,), (1.0,)))


@given(layer_examples(), layer_examples())
def test_another_minibatch_keeps_what_is_there(example: LayerExample, other: LayerExample) -> None:
    changed = example.with_minibatch(other.x)
    kept = min(example.columns, other.columns)
    assert changed.x == other.x
    assert changed.eps == example.eps
    assert changed.weight[:kept] == example.weight[:kept]
    assert changed.grad_y[0][:kept] == example.grad_y[0][:kept]


def test_random_examples_differ_by_seed_alone() -> None:
    assert random_example(1) == random_example(1) != random_example(2)
    assert np.shape(random_example(3, rows=7, columns=2).x) == (7, 2)


def test_each_preset_is_what_its_name_says() -> None:
    outlier, constant, two = (np.array(example.x) for example in PRESETS.values())
    others = np.delete(outlier[:, 0], 0)
    assert abs(outlier[0, 0] - others.mean()) > 10 * np.ptp(others)
    assert np.ptp(constant[:, 1]) == 0
    assert len(two) == 2
