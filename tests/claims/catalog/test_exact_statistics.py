"""Claim 20: running averages lag in the first steps, and then no more."""

from __future__ import annotations

import numpy as np
import pytest

from bnlab.claims import claim
from bnlab.claims.claim import Claim
from bnlab.claims.evidence import Evidence
from bnlab.claims.findings import Finding
from tests.claims.reduced import evidence_of, findings_in, reduced


@pytest.fixture(scope="module")
def told() -> Claim:
    axes = {"optimizer.lr": (0.1, 0.3)}
    return reduced(claim(20), seeds=2, base={"network.width": 32}, axes=axes)


@pytest.fixture(scope="module")
def evidence(told: Claim) -> Evidence:
    return evidence_of(told)


@pytest.fixture(scope="module")
def found(told: Claim, evidence: Evidence) -> dict[str, Finding]:
    return findings_in(told, evidence)


def test_exact_statistics_are_better_while_the_averages_remember_their_start(
    found: dict[str, Finding],
) -> None:
    assert found["10 steps, momentum 0.1"].effect > 1
    assert found["30 steps, momentum 0.01"].effect > 3


def test_after_many_steps_both_are_as_good(found: dict[str, Finding]) -> None:
    assert abs(found["300 steps, momentum 0.1"].effect) < 0.5
    assert found["300 steps, momentum 0.01"].effect < found["30 steps, momentum 0.01"].effect / 3


def test_a_norm_without_statistics_has_nothing_to_gain(evidence: Evidence) -> None:
    exact, running = (
        evidence.numbers("trained", name, "layer")
        for name in ("exact_accuracy", "validation_accuracy")
    )
    np.testing.assert_array_equal(exact, running)
