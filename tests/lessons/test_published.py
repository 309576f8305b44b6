"""Published measurements: what stands beside what, and the numbers on the common axes."""

from __future__ import annotations

import math

import pytest

from bnlab.claims import claim
from bnlab.claims.findings import Finding
from bnlab.lessons.presets.paper import papers_experiment
from bnlab.lessons.published import BATCH_SIZE, COMPARISONS, STEPS, Comparison
from bnlab.spec.fields import SpecError

by_name = pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda one: one.name)


def found(condition: str, *, low: float, effect: float, high: float) -> Finding:
    return Finding(
        condition=condition, effect=effect, low=low, high=high, n=8, never_first=0,
        never_second=0, verdict="supported",
    )  # fmt: skip


@by_name
def test_what_stands_beside_a_published_number_is_a_condition_of_the_claim(
    comparison: Comparison,
) -> None:
    conditions = {condition.name: condition for condition in claim(comparison.claim).conditions}
    assert {ours.condition for ours in comparison.ours} <= set(conditions)
    assert {conditions[ours.condition].scale for ours in comparison.ours} == {comparison.scale}


@by_name
def test_an_unknown_finding_is_left_out(comparison: Comparison) -> None:
    assert comparison.placed(()) == ()
    [mine, *_] = comparison.ours
    finding = found(mine.condition, low=2.0, effect=3.0, high=4.0)
    [(ours, placed)] = comparison.placed((finding,))
    assert ours == mine
    assert placed.low < placed.effect < placed.high


def test_fewer_steps_stand_as_a_factor_above_1() -> None:
    finding = found("sigmoid: steps", low=0.1, effect=0.2, high=0.25)
    [(_, placed)] = STEPS.placed((finding,))
    assert (placed.low, placed.effect, placed.high) == pytest.approx((4, 5, 10))


def test_an_interval_without_an_end_has_none_on_the_axis_either() -> None:
    finding = found("sigmoid: steps", low=0.0, effect=0.5, high=math.inf)
    [(_, placed)] = STEPS.placed((finding,))
    assert (placed.low, placed.effect, placed.high) == (0.0, 2.0, math.inf)


def test_lost_accuracy_stands_as_error() -> None:
    finding = found("MLP, batch of 2 (m = 2)", low=-12.0, effect=-10.0, high=-9.0)
    [(ours, placed)] = BATCH_SIZE.placed((finding,))
    assert (ours.at, placed.low, placed.effect, placed.high) == (2, 9.0, 10.0, 12.0)


def test_the_famous_factor_is_that_of_the_published_steps() -> None:
    assert [round(one.value, 1) for one in STEPS.reported] == [2.3, 14.8, 11.5]


def test_every_published_number_is_one() -> None:
    assert all(math.isfinite(one.value) for each in COMPARISONS for one in each.reported)
    assert all(each.differs and each.rows and each.source for each in COMPARISONS)


@by_name
def test_the_published_table_has_a_cell_a_column(comparison: Comparison) -> None:
    assert {len(row) for row in comparison.rows} == {len(comparison.head)}


def test_the_papers_experiment_is_as_long_and_wide_as_in_the_paper() -> None:
    base = papers_experiment("digits").base
    assert (base.network.depth, base.network.width, base.network.activation) == (3, 100, "sigmoid")
    assert (base.batch_size, base.steps) == (60, 50_000)
    with pytest.raises(SpecError, match=r"data\.name"):
        papers_experiment("no such images")
