"""Claim 18: weights in front of batch norm only grow, and large rates turn themselves down."""

from __future__ import annotations

import pytest

from bnlab.claims import claim
from bnlab.claims.findings import Finding
from tests.claims.reduced import evidence_of, findings_in, reduced


@pytest.fixture(scope="module")
def found() -> dict[str, Finding]:
    told = reduced(claim(18), seeds=2, base={"steps": 60, "network.width": 32})
    return findings_in(told, evidence_of(told))


def test_weights_grow_in_every_step_but_not_with_weight_decay(found: dict[str, Finding]) -> None:
    assert found["Weights grow: SGD"].low == found["Weights grow: SGD"].high == 0
    assert found["Weights grow: SGD with weight decay 0.001"].high < -10


def test_steps_are_at_right_angles_with_batch_norm_alone(found: dict[str, Finding]) -> None:
    batch = found["Right angles: batch norm (check)"]
    assert (batch.low, batch.high) == pytest.approx((1, 1), rel=1e-3)
    assert found["Right angles: no norm (control)"].low > 1.5


def test_weights_times_a_at_a_squared_times_the_rate_are_the_same_training(
    found: dict[str, Finding],
) -> None:
    batch = found["Length without effect: the same course of training"]
    assert batch.high < 1e-5
    assert found["Length without effect, layer norm (control)"].low > batch.high


def test_a_large_rate_turns_itself_down_and_a_small_one_stays(found: dict[str, Finding]) -> None:
    large = found["Effective rate, right labels, learning rate 3"]
    small = found["Effective rate, right labels, learning rate 0.1"]
    assert large.effect < 0.75
    assert 0.98 < small.effect < 1
    nearer = found["Rates 30 times apart come nearer to each other"]
    assert nearer.effect == pytest.approx(large.effect / small.effect, rel=1e-6)
