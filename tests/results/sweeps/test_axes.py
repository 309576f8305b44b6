"""Axes: which fields can be one, and that values are spread as they are asked for."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlab.results.sweeps.axes import AxisField, Scale, axis_field, extended, spread, sweepable
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError, flatten, value_at
from bnlab.spec.member import MemberSpec, parse

NUMBERS = [field for field in sweepable() if field.is_number]


def test_every_field_but_version_seed_and_the_cadence_of_evaluation_can_be_an_axis() -> None:
    paths = {field.path for field in sweepable()}
    assert paths == set(flatten(MemberSpec())) - {"version", "seed", "evaluate_every"}


@pytest.mark.parametrize("field", sweepable(), ids=lambda field: field.path)
def test_every_axis_is_a_valid_one_in_its_usual_range_or_with_its_choices(
    field: AxisField,
) -> None:
    values = field.choices
    if field.is_number:
        scale: Scale = "log" if field.is_log_by_default else "linear"
        values = spread(field.path, *field.usual, 2, scale=scale)
    if len(values) == 1:
        return  # so far there is one kind of it
    assert field.title and field.description
    assert all(value_at(field.path, MemberSpec, value) == value for value in values)
    document = {"axes": {field.path: values}, "variants": {"base": {}}}
    assert parse(Experiment, document).axes[field.path] == values


@given(
    st.sampled_from(["optimizer.lr", "network.gain"]),
    st.floats(0.002, 0.1),
    st.floats(1.0, 50.0),
    st.integers(2, 25),
)
def test_spread_values_lie_at_equal_factors_to_three_digits(
    path: str, low: float, high: float, n: int
) -> None:
    values = spread(path, low, high, n)
    assert len(values) == n
    for i, value in enumerate(values):
        assert value == pytest.approx(low * (high / low) ** (i / (n - 1)), rel=0.006)
        assert value == float(f"{value:.3g}")


def test_linear_values_lie_at_equal_distances() -> None:
    assert spread("network.dropout", 0, 0.8, 5, scale="linear") == (0.0, 0.2, 0.4, 0.6, 0.8)


def test_whole_numbers_stay_whole() -> None:
    values = spread("batch_size", 2, 256, 8)
    assert values == (2, 4, 8, 16, 32, 64, 128, 256)
    assert all(type(value) is int for value in values)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("network.depth", 1, 4, 10), "(got 10 values from 1 to 4, which rep"),
        (("optimizer.lr", 0.1, 0.1001, 5), "(got 5 values from 0.1 to 0.1001"),
        (("optimizer.lr", 1, 5000, 3), "optimizer.lr must be a number from 1e-07"),
        (("optimizer.lr", 1, math.inf, 3), "axes.optimizer.lr must be a range from a n"),
        (("optimizer.lr", math.nan, 1, 3), "axes.optimizer.lr must be a range from a n"),
        (("optimizer.lr", 1, 0.1, 3), "axes.optimizer.lr must be a range from a number"),
        (("network.dropout", 0, 0.5, 3), "(got 0 to 0.5 by equal factors"),
        (("optimizer.lr", 0.1, 1, 1), "axes.optimizer.lr must be 2 to 25 valu"),
        (("optimizer.lr", 0.1, 1, 26), "axes.optimizer.lr must be 2 to 25 va"),
        (("network.activation", 0, 1, 3), "axes.network.activation is not a number: list"),
        (("seed", 1, 9, 3), "axes.seed: this field cannot be an axis."),
        (("nonsense", 1, 9, 3), "nonsense is not a field"),
    ],
    ids=str,
)
def test_a_range_that_cannot_be_is_refused_with_a_sentence(
    asked: tuple[str, float, float, int], message: str
) -> None:
    with pytest.raises(SpecError) as refused:
        spread(*asked)
    assert message in str(refused.value)


@given(st.floats(0.001, 0.1), st.floats(1.0, 100.0), st.integers(3, 12))
def test_an_extended_axis_goes_on_as_it_was(low: float, high: float, n: int) -> None:
    longer = spread("network.gain", low, high, n)
    assert extended(longer[:-1], end="high")[-1] == pytest.approx(longer[-1], rel=0.03)
    assert extended(longer[1:], end="low")[0] == pytest.approx(longer[0], rel=0.03)
    assert extended(longer[:0:-1], end="low")[-1] == pytest.approx(longer[0], rel=0.03)


@pytest.mark.parametrize(
    ("values", "end", "expected"),
    [
        ((1, 2, 4), "high", (1, 2, 4, 8)),
        ((0.0, 0.1, 0.2), "high", (0.0, 0.1, 0.2, 0.3)),
        ((10, 20, 30), "low", (0, 10, 20, 30)),
        ((1.0, 0.1), "low", (1.0, 0.1, 0.01)),
        ((1.0, 0.1), "high", (10.0, 1.0, 0.1)),
    ],
)
def test_one_more_value_comes_beyond_the_end_that_was_asked_for(
    values: tuple[float, ...], end: str, expected: tuple[float, ...]
) -> None:
    assert extended(values, end=end) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [(1.0,), (1.0, 1.001)])
def test_an_axis_that_cannot_go_on_is_refused(values: tuple[float, ...]) -> None:
    with pytest.raises(SpecError, match=r"values must be .*\(got 1"):
        extended(values, end="high")


def test_the_field_of_a_path_that_is_none_is_refused() -> None:
    with pytest.raises(SpecError, match="network is a group of fields"):
        axis_field("network")
