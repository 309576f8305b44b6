"""Claim 11, at a reduced size."""

from __future__ import annotations

import numpy as np
import pytest

from bnlab.claims.catalog.training_and_inference import CLAIM, best_measured
from bnlab.claims.evidence import Evidence
from bnlab.spec.experiment import Experiment
from tests.claims.reduced import pairs_in, run_reduced


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return run_reduced(CLAIM, seeds=2, base={"steps": 150}, axes={"optimizer.lr": (0.1, 0.3)})


def lost(evidence: Evidence, condition: str) -> float:
    """The mean of what the first has less than the second."""
    pairs = pairs_in(CLAIM, evidence, condition)
    return float((pairs.second - pairs.first).mean())


def test_the_smaller_the_batch_the_more_a_forgotten_eval_costs(evidence: Evidence) -> None:
    costs = [
        lost(evidence, f"eval() forgotten, shuffled, batches of {size}") for size in (2, 16, 64)
    ]
    assert costs[0] > 0.4 > 0.2 > costs[1] > 0.04
    assert costs[1] > costs[2] + 0.02


def test_sorted_by_class_hardly_anything_is_left(evidence: Evidence) -> None:
    pairs = pairs_in(CLAIM, evidence, "eval() forgotten, sorted by class, batches of 16")
    assert (pairs.first < 0.3).all()
    assert (pairs.second > 0.9).all()


def test_layer_norm_answers_alike_in_both_modes(evidence: Evidence) -> None:
    name = "eval() forgotten, sorted by class, batches of 64, layer norm (control)"
    pairs = pairs_in(CLAIM, evidence, name)
    np.testing.assert_allclose(pairs.first, pairs.second, atol=1e-6)


def test_running_averages_lag_at_first_slow_ones_more_and_then_no_longer(
    evidence: Evidence,
) -> None:
    quick, slow = (
        lost(evidence, f"Running averages after 10 steps, momentum {momentum}")
        for momentum in (0.1, 0.01)
    )
    assert slow > quick + 0.1 > 0.1
    for momentum in (0.1, 0.01):
        name = f"Running averages after 300 steps, momentum {momentum}"
        assert abs(lost(evidence, name)) < 0.01


def test_batches_of_two_classes_harm_batch_norm_alone(evidence: Evidence) -> None:
    name = "Trained on batches of two classes, "
    assert lost(evidence, name + "batch norm") > 0.1
    assert lost(evidence, name + "batch norm, exact statistics (control)") > 0.1
    for control in ("group norm (control)", "no norm (control)"):
        assert abs(lost(evidence, name + control)) < 0.05


def test_the_best_rate_is_one_at_which_no_seed_that_is_there_diverged() -> None:
    experiment = Experiment(
        base=CLAIM.studies["two classes"].experiment.base,
        variants={"batch": {}},
        axes={"optimizer.lr": (0.1, 0.3, 1.0)},
        seeds=3,
    )
    nan = np.nan
    validation = np.array([[0.5, 0.7, 0.9], [0.5, 0.6, nan], [nan, nan, nan]])
    evidence = Evidence({}, {"one": (experiment, {"validation": validation, "test": validation})})
    values, notes = best_measured(evidence, "one", "batch", "test")
    np.testing.assert_array_equal(values, [0.7, 0.6, nan])
    assert notes == ()
    nothing = {"validation": validation[2:], "test": validation[2:]}
    values, notes = best_measured(
        Evidence({}, {"one": (experiment, nothing)}), "one", "batch", "test"
    )
    assert np.isnan(values).all()
    assert "no rate worked" in notes[0]
