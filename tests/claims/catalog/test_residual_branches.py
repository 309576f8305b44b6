"""Claim 16 at a reduced size: the directions, and the slope that theory gives."""

from __future__ import annotations

import numpy as np
import pytest

from bnlab.claims.catalog.residual_branches import CLAIM
from bnlab.claims.evidence import Evidence
from tests.claims.reduced import pairs_in, run_reduced


@pytest.fixture(scope="module")
def at_the_start() -> Evidence:
    return run_reduced(CLAIM, seeds=4, studies=["relu", "linear"])


def test_batch_norm_makes_the_last_branch_small(at_the_start: Evidence) -> None:
    pairs = pairs_in(CLAIM, at_the_start, "Share of the last branch")
    assert (pairs.first < 0.02).all()
    assert (pairs.second > 0.3).all()


def test_without_activation_branches_shrink_as_one_over_their_number(
    at_the_start: Evidence,
) -> None:
    name = "Shrinks as one over its number, no activation (check)"
    assert pairs_in(CLAIM, at_the_start, name).first.mean() == pytest.approx(-1, abs=0.05)


def test_relu_branches_shrink_faster(at_the_start: Evidence) -> None:
    name = "Shrinks as one over its number, ReLU (check)"
    assert (pairs_in(CLAIM, at_the_start, name).first < -1.2).all()


def test_small_branches_train_where_large_ones_do_not() -> None:
    evidence = run_reduced(CLAIM, seeds=1, studies=["trained"], axes={"optimizer.lr": (0.01, 0.03)})
    for arm in ("batch norm", "small branches"):
        pairs = pairs_in(CLAIM, evidence, f"Learning rates that train, {arm}")
        assert np.all(pairs.first > pairs.second)
