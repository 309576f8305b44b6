"""Claim 2, at a reduced size."""

from __future__ import annotations

import pytest

from bnlab.claims.catalog.capacity import CLAIM, GUESSING, chosen
from bnlab.claims.evidence import Evidence
from tests.claims.reduced import pairs_in, run_reduced


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return run_reduced(
        CLAIM,
        seeds=2,
        studies=("width",),
        base={"steps": 120, "network.depth": 3},
        axes={"optimizer.lr": (0.3, 1.0, 3.0), "network.width": (16, 64)},
    )


def test_gamma_and_beta_alone_learn_far_more_than_guessing(evidence: Evidence) -> None:
    pairs = pairs_in(CLAIM, evidence, "only gamma and beta, against guessing")
    assert (pairs.second == GUESSING).all()
    assert (pairs.first > 0.5).all()


def test_all_parameters_learn_more_than_gamma_and_beta(evidence: Evidence) -> None:
    pairs = pairs_in(CLAIM, evidence, "only gamma and beta, against all parameters")
    assert (pairs.first < pairs.second).all()


def test_gamma_and_beta_choose_among_more_features_in_wider_layers(evidence: Evidence) -> None:
    pairs = pairs_in(CLAIM, evidence, "only gamma and beta, by width")
    assert (pairs.first - pairs.second).mean() > 0.02


def test_the_rate_is_chosen_for_each_width(evidence: Evidence) -> None:
    found = chosen(evidence, "width", "gamma_beta")
    assert found.values.shape == (2, 2)
    assert all(place is not None for place in found.places)


def test_networks_learn_with_gamma_and_beta_and_without() -> None:
    evidence = run_reduced(
        CLAIM,
        seeds=2,
        studies=("with and without",),
        base={"steps": 80, "network.depth": 2},
        axes={"optimizer.lr": (0.1, 0.3)},
    )
    for name in ("ReLU", "tanh", "sigmoid"):
        pairs = pairs_in(CLAIM, evidence, name)
        assert (pairs.first > 0.85).all()
        assert abs(pairs.first - pairs.second).max() < 0.08
