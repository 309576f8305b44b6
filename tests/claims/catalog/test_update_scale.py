"""Claim 21 at a reduced size: the directions, and where they come from."""

from __future__ import annotations

import numpy as np
import pytest

from bnlab.claims.catalog.update_scale import CLAIM
from bnlab.claims.evidence import Evidence
from tests.claims.reduced import pairs_in, run_reduced


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return run_reduced(
        CLAIM, seeds=2, axes={"optimizer.lr": (0.125, 0.5, 1.0)}, base={"steps": 120}
    )


def factor(evidence: Evidence, condition: str) -> float:
    """The geometric mean of first over second."""
    pairs = pairs_in(CLAIM, evidence, condition)
    return float(np.exp(np.log(pairs.first / pairs.second).mean()))


def test_at_equal_rates_batch_norm_makes_smaller_steps_and_layer_norm_hardly(
    evidence: Evidence,
) -> None:
    name = "Equal rates, hidden layers, same loss"
    assert factor(evidence, name) < 0.8
    assert factor(evidence, f"{name}, layer norm (control)") > 0.8


def test_at_the_best_rate_of_each_the_steps_differ_less(evidence: Evidence) -> None:
    at_best = factor(evidence, "Best rate of each, hidden layers")
    assert at_best > 1.3 * factor(evidence, "Equal rates, hidden layers, whole training")


def test_without_norm_about_half_of_a_gradient_is_common_to_all_examples(
    evidence: Evidence,
) -> None:
    pairs = pairs_in(CLAIM, evidence, "Gradients on centred inputs (check)")
    np.testing.assert_allclose(pairs.first, 1, rtol=1e-3)
    assert (pairs.second < 0.7).all()
