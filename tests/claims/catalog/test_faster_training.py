"""Claim 3, at a reduced size."""

from __future__ import annotations

import numpy as np
import pytest

from bnlab.claims.catalog.faster_training import BASES, CLAIM
from bnlab.claims.evidence import Evidence
from tests.claims.reduced import evidence_of, findings_in, pairs_in, reduced

SMALLER = reduced(
    CLAIM,
    seeds=5,
    base={"steps": 120},
    axes={"optimizer.lr": (0.3, 1.0)},
    settings={"rounds": 2, "steps": 2},
)
STUDIES = ("spirals", "ReLU, standardized inputs", "spirals cost")


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return evidence_of(SMALLER, STUDIES)


def test_batch_norm_needs_several_times_fewer_steps_on_the_spirals(evidence: Evidence) -> None:
    finding = findings_in(SMALLER, evidence)["spirals: steps"]
    assert finding.verdict == "supported"
    assert finding.effect < 0.5


def test_with_standardized_inputs_there_is_little_to_gain(evidence: Evidence) -> None:
    pairs = pairs_in(SMALLER, evidence, "ReLU, standardized inputs: steps")
    assert 0.4 < np.exp(np.log(pairs.first / pairs.second).mean()) < 1.3


def test_running_statistics_that_lag_cost_steps(evidence: Evidence) -> None:
    lagging = pairs_in(SMALLER, evidence, "ReLU, standardized inputs: steps")
    quick = pairs_in(SMALLER, evidence, "ReLU, standardized inputs: quick statistics (control)")
    assert quick.first.mean() < lagging.first.mean()


def test_seconds_are_steps_at_the_price_of_each_network(evidence: Evidence) -> None:
    steps = pairs_in(SMALLER, evidence, "spirals: steps")
    seconds = pairs_in(SMALLER, evidence, "spirals: seconds")
    for arm, counted, timed in (
        ("batch", steps.first, seconds.first),
        ("none", steps.second, seconds.second),
    ):
        price = evidence.answers("spirals cost", "seconds", arm)[:, 0]
        np.testing.assert_allclose(timed, counted * price)


def test_what_was_never_reached_came_after_the_last_step() -> None:
    begun = reduced(SMALLER, seeds=2, base={"steps": 10})
    pairs = pairs_in(begun, evidence_of(begun, ("sigmoid",)), "sigmoid: steps")
    assert pairs.limit == 10 < BASES["sigmoid"].steps
    assert np.isnan(pairs.second).all() or np.isinf(pairs.second).all()
