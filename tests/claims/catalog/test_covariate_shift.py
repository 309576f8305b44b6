"""Claim 13, at a reduced size: drift, noise that drifts more, gradients, the landscape."""

from __future__ import annotations

import numpy as np
import pytest

from bnlab.claims.catalog.covariate_shift import CLAIM
from bnlab.claims.evidence import Evidence
from tests.claims.reduced import pairs_in, run_reduced


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return run_reduced(
        CLAIM,
        seeds=2,
        studies=("relu", "gradients", "landscape"),
        base={"steps": 80},
        axes={"optimizer.lr": (0.1, 0.3)},
        settings={"every": 20},
    )


def factor(evidence: Evidence, condition: str) -> float:
    """The geometric mean of first over second."""
    pairs = pairs_in(CLAIM, evidence, condition)
    return float(np.exp(np.log(pairs.first / pairs.second).mean()))


def test_batch_norm_reduces_drift_and_noise_behind_it_brings_it_back(evidence: Evidence) -> None:
    assert factor(evidence, "Drift, ReLU") < 0.5
    assert factor(evidence, "Drift of noisy batch norm at rate 0.1 (check)") > 1


def test_noisy_batch_norm_trains_as_well_as_batch_norm(evidence: Evidence) -> None:
    pairs = pairs_in(CLAIM, evidence, "More drift, worse training")
    assert abs(np.mean(pairs.first - pairs.second)) < 0.03


@pytest.mark.parametrize("activation", ["ReLU", "tanh", "no activation"])
def test_at_an_equal_rate_gradients_shift_less_and_the_landscape_is_smoother(
    evidence: Evidence, activation: str
) -> None:
    assert factor(evidence, f"Gradient definition at rate 0.1, {activation} (check)") < 0.8
    assert factor(evidence, f"Smoother, {activation} (rival)") < 0.8


def test_what_enters_sigmoid_units_drifts_less_with_batch_norm() -> None:
    evidence = run_reduced(
        CLAIM,
        seeds=1,
        studies=("sigmoid",),
        base={"steps": 150},
        axes={"optimizer.lr": (1.0, 3.0)},
    )
    assert factor(evidence, "Drift, sigmoid") < 0.5
