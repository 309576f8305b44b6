"""Claim 4, at a reduced size."""

from __future__ import annotations

import numpy as np
import pytest

from bnlab.claims.catalog.learning_rate import CLAIM
from bnlab.claims.evidence import Evidence
from tests.claims.reduced import findings_in, pairs_in, run_reduced

RATES = (0.25, 1.0, 4.0, 64.0)
SHORT = {"steps": 120}


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return run_reduced(CLAIM, seeds=5, studies=("SGD",), base=SHORT, axes={"optimizer.lr": RATES})


def test_with_batch_norm_larger_rates_work(evidence: Evidence) -> None:
    finding = findings_in(CLAIM, evidence)["SGD"]
    assert finding.verdict == "supported"
    assert finding.low >= 2


def test_layer_norm_gains_less(evidence: Evidence) -> None:
    batch = pairs_in(CLAIM, evidence, "SGD")
    layer = pairs_in(CLAIM, evidence, "SGD, layer norm (control)")
    np.testing.assert_array_equal(batch.second, layer.second)
    assert np.log2(layer.first).mean() < np.log2(batch.first).mean()


def test_a_largest_rate_that_still_works_is_said(evidence: Evidence) -> None:
    assert pairs_in(CLAIM, evidence, "SGD").notes == ()
    rates = {"optimizer.lr": (0.125, 0.25)}
    low = run_reduced(CLAIM, seeds=1, studies=("SGD",), base=SHORT, axes=rates)
    [note] = pairs_in(CLAIM, low, "SGD").notes
    assert "at least" in note
