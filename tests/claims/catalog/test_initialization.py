"""Claim 8 at a reduced size: the directions, and the cure of a large gain."""

from __future__ import annotations

import numpy as np
import pytest

from bnlab.claims.catalog.initialization import CLAIM
from bnlab.claims.evidence import Evidence
from tests.claims.reduced import pairs_in, run_reduced


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    axes = {"network.gain": (0.03, 0.3, 1.0, 30.0)}
    return run_reduced(CLAIM, seeds=1, studies=["trained"], axes=axes, base={"steps": 120})


def test_more_gains_train_with_batch_norm(evidence: Evidence) -> None:
    pairs = pairs_in(CLAIM, evidence, "Learning rate 0.3")
    assert (pairs.first - pairs.second >= 2).all()


def test_a_large_gain_slows_batch_norm_down(evidence: Evidence) -> None:
    pairs = pairs_in(CLAIM, evidence, "Batch norm, weights 30 times as large")
    slowed = np.minimum(pairs.first, pairs.limit)
    assert (slowed > 3 * pairs.second).all()


def test_the_hidden_rate_times_the_gain_squared_cures_it() -> None:
    """Oracle O7; steps are counted at every tenth, and running statistics begin at 1."""
    evidence = run_reduced(CLAIM, seeds=2, studies=["cured"], axes={"network.gain": (1.0, 30.0)})
    pairs = pairs_in(CLAIM, evidence, "The same, hidden learning rate times 30² (check)")
    assert (abs(pairs.first - pairs.second) <= 10).all()
