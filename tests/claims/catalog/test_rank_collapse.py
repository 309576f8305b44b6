"""Claim 17 at a reduced size: the directions, and the rank that theory gives."""

from __future__ import annotations

import numpy as np
import pytest

from bnlab.claims.catalog.rank_collapse import CLAIM
from bnlab.claims.evidence import Evidence
from tests.claims.reduced import pairs_in, run_reduced


@pytest.fixture(scope="module")
def at_the_start() -> Evidence:
    return run_reduced(CLAIM, seeds=6, studies=["linear", "relu"])


@pytest.mark.parametrize("activation", ["no activation", "ReLU"])
def test_the_rank_collapses_without_norm_and_with_layer_norm(
    at_the_start: Evidence, activation: str
) -> None:
    name = f"Rank of the last layer, {activation}"
    batch, layer = (
        pairs_in(CLAIM, at_the_start, one) for one in (name, f"{name}, layer norm (control)")
    )
    assert (batch.second < 2.5).all()
    assert (layer.first < 2.5).all()
    assert (batch.first > 3).all()


def test_with_batch_norm_it_is_about_the_root_of_the_width(at_the_start: Evidence) -> None:
    pairs = pairs_in(CLAIM, at_the_start, "Rank against the root of the width (check)")
    assert np.mean(pairs.first / pairs.second) == pytest.approx(1, abs=0.25)


def test_orthogonal_layers_lose_no_direction_but_relu_does(at_the_start: Evidence) -> None:
    linear, relu = (
        pairs_in(
            CLAIM,
            at_the_start,
            f"Rank of the last layer, {activation}, orthogonal weights (control)",
        )
        for activation in ("no activation", "ReLU")
    )
    assert (linear.first > 20).all()
    assert (relu.first < 1.5).all()


def test_a_deep_linear_network_trains_with_batch_norm() -> None:
    axes = {"optimizer.lr": (0.01, 0.03)}
    evidence = run_reduced(CLAIM, seeds=1, studies=["trained"], axes=axes, base={"steps": 120})
    pairs = pairs_in(CLAIM, evidence, "Linear network trained")
    assert (pairs.first - pairs.second > 0.1).all()
