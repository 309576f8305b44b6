"""Claim 9, at a reduced size."""

from __future__ import annotations

import pytest

from bnlab.claims.catalog.accuracy import CLAIM
from bnlab.claims.evidence import Evidence
from tests.claims.reduced import findings_in, pairs_in, run_reduced


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return run_reduced(
        CLAIM,
        seeds=5,
        studies=("spirals",),
        axes={"optimizer.lr": (0.3, 1.0), "steps": (100, 400)},
    )


def test_stopped_early_on_the_spirals_batch_norm_is_ahead(evidence: Evidence) -> None:
    finding = findings_in(CLAIM, evidence)["spirals after 100 steps"]
    assert finding.verdict == "supported"
    assert finding.effect > 5


def test_most_of_that_is_speed_and_fades(evidence: Evidence) -> None:
    early = pairs_in(CLAIM, evidence, "spirals after 100 steps")
    late = pairs_in(CLAIM, evidence, "spirals after 1000 steps")
    assert (late.first - late.second).mean() < (early.first - early.second).mean() / 2


def test_layer_norm_is_not_ahead_there(evidence: Evidence) -> None:
    pairs = pairs_in(CLAIM, evidence, "spirals after 100 steps, layer norm (control)")
    assert pairs.first.mean() < pairs.second.mean()
