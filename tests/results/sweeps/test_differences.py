"""Paired differences: the interval is scipy's, pairs are pairs, one seed proves nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from bnlab.results.frames import DIVERGED
from bnlab.results.sweeps.differences import T_975, difference, t_975
from bnlab.results.sweeps.metrics import METRICS, MetricName
from tests.results.sweeps.tables import a_sweep, a_table, a_waiting_table, places

SWEEP = a_sweep(seeds=5)
TABLE = a_table(SWEEP)


def test_the_quantiles_of_students_t_are_those_of_scipy() -> None:
    assert len(T_975) == 19
    for freedom in range(1, 20):
        assert t_975(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), abs=1e-6)
    for freedom in (20, 30, 100, 999):
        assert t_975(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), abs=1e-4)


@pytest.mark.parametrize("metric", ["validation_accuracy", "validation_loss", "train_loss"])
def test_the_interval_is_that_of_the_paired_t_test(metric: MetricName) -> None:
    found = difference(SWEEP, TABLE, metric, "batch", "none")
    rows = TABLE.values[metric][:, -1].astype(float)  # type: ignore[index]
    first, second = rows[places(SWEEP, "batch")], rows[places(SWEEP, "none")]
    for place in np.ndindex(2, 3):
        truth = stats.ttest_rel(first[place], second[place])
        interval = truth.confidence_interval(0.95)
        assert found.values[place] == pytest.approx((first[place] - second[place]).mean())
        assert found.low[place] == pytest.approx(interval.low)
        assert found.high[place] == pytest.approx(interval.high)
        assert found.is_significant[place] == (truth.pvalue < 0.05)
    assert (found.n == 5).all()


def test_a_variant_minus_the_other_is_the_negative_of_the_other_way_round() -> None:
    for metric in METRICS:
        there = difference(SWEEP, TABLE, metric, "batch", "none")
        back = difference(SWEEP, TABLE, metric, "none", "batch")
        np.testing.assert_allclose(there.values, -back.values)
        np.testing.assert_allclose(there.low, -back.high)
        np.testing.assert_array_equal(there.is_significant, back.is_significant)


def test_one_seed_gives_no_interval_and_no_significance() -> None:
    sweep = a_sweep(seeds=1)
    found = difference(sweep, a_table(sweep), "validation_accuracy", "batch", "none")
    assert np.isfinite(found.values).all() and (found.n == 1).all()
    assert np.isnan(found.low).all() and np.isnan(found.high).all()
    assert not found.is_significant.any()


def test_a_pair_in_which_one_diverged_is_left_out() -> None:
    status = TABLE.status.copy()
    status[places(SWEEP, "none")[0, 0, 1]] = DIVERGED
    status[places(SWEEP, "batch")[0, 0, 3]] = DIVERGED
    status[places(SWEEP, "none")[1, 1]] = DIVERGED
    found = difference(SWEEP, replace(TABLE, status=status), "validation_accuracy", "batch", "none")
    rows = TABLE.values["validation_accuracy"][:, -1].astype(float)
    pairs = rows[places(SWEEP, "batch")[0, 0]] - rows[places(SWEEP, "none")[0, 0]]
    assert found.values[0, 0] == pytest.approx(pairs[[0, 2, 4]].mean())
    assert found.n.tolist() == [[3, 5, 5], [5, 0, 5]]
    assert np.isnan(found.values[1, 1]) and not found.is_significant[1, 1]


def test_one_that_never_gets_there_makes_the_difference_endless() -> None:
    target = np.full_like(TABLE.target_steps, 20.0)
    target[places(SWEEP, "none")[0, 0]] = np.inf
    target[places(SWEEP, "none")[0, 1]] = np.inf
    target[places(SWEEP, "batch")[0, 1]] = np.inf
    target[places(SWEEP, "none")[1, 0, :4]] = np.inf
    target[places(SWEEP, "batch")[1, 0, :4]] = np.inf
    found = difference(
        SWEEP, replace(TABLE, target_steps=target), "steps_to_target", "batch", "none"
    )
    assert found.values[0, 0] == -np.inf and not found.is_significant[0, 0]
    assert np.isnan(found.values[0, 1]) and found.n[0, 1] == 0
    assert found.values[1, 0] == 0 and found.n[1, 0] == 1


def test_ratios_are_compared_by_powers_of_ten() -> None:
    ratios = np.ones_like(TABLE.values["gradient_ratio"])
    ratios[places(SWEEP, "none")] = 0.01
    values = {**TABLE.values, "gradient_ratio": ratios}
    found = difference(SWEEP, replace(TABLE, values=values), "gradient_ratio", "batch", "none")
    np.testing.assert_allclose(found.values, 2.0, rtol=1e-6)


def test_what_is_not_known_yet_has_no_difference() -> None:
    found = difference(SWEEP, a_waiting_table(SWEEP), "validation_loss", "batch", "none")
    assert np.isnan(found.values).all() and not found.n.any() and not found.is_significant.any()
