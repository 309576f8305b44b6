"""Claim 7 at a reduced size: the directions, and the growth that theory computes."""

from __future__ import annotations

import numpy as np
import pytest

from bnlab.claims.catalog.gradient_flow import CLAIM
from bnlab.claims.evidence import Evidence, Pairs
from tests.claims.reduced import pairs_in, run_reduced


@pytest.fixture(scope="module")
def at_the_start() -> Evidence:
    return run_reduced(CLAIM, seeds=1, studies=["relu at the start", "sigmoid at the start"])


def factor(pairs: Pairs) -> float:
    """The geometric mean of first over second."""
    return float(np.exp(np.log(pairs.first / pairs.second).mean()))


@pytest.mark.parametrize("batch_size", [8, 32, 256])
def test_gradients_grow_as_theory_says_within_3_percent(
    at_the_start: Evidence, batch_size: int
) -> None:
    name = f"Growth as computed, batch of {batch_size} (check)"
    assert factor(pairs_in(CLAIM, at_the_start, name)) == pytest.approx(1, rel=0.03)


def test_batch_norm_stops_vanishing_in_sigmoid_networks(at_the_start: Evidence) -> None:
    pairs = pairs_in(CLAIM, at_the_start, "No vanishing, sigmoid at the start")
    assert factor(pairs) > 1e5


def test_batch_norm_makes_gradients_explode_in_relu_networks_and_layer_norm_does_not(
    at_the_start: Evidence,
) -> None:
    assert factor(pairs_in(CLAIM, at_the_start, "No explosion, ReLU at the start")) > 20
    control = "No explosion, ReLU, layer norm (control)"
    assert factor(pairs_in(CLAIM, at_the_start, control)) < 1.25


def test_sigmoid_networks_of_ten_layers_train_with_batch_norm_alone() -> None:
    axes = {"network.depth": (4, 10), "optimizer.lr": (0.1, 0.3)}
    evidence = run_reduced(CLAIM, seeds=1, studies=["sigmoid"], axes=axes, base={"steps": 120})
    [condition] = [one for one in CLAIM.conditions if one.name == "Sigmoid, 10 layers trained"]
    pairs = condition.pairs(evidence)
    assert (pairs.first - pairs.second > 0.3).all()
