"""Claim 6, at a reduced size."""

from __future__ import annotations

from bnlab.claims.catalog.placement import CLAIM
from tests.claims.reduced import findings_in, pairs_in, run_reduced


def test_a_bias_learns_nothing_in_front_of_batch_norm_and_something_elsewhere() -> None:
    evidence = run_reduced(CLAIM, seeds=5, studies=("bias",), base={"steps": 15})
    found = findings_in(CLAIM, evidence)
    for condition in CLAIM.conditions:
        if not condition.name.startswith("a bias"):
            continue
        finding = found[condition.name]
        if condition.is_control:
            assert finding.verdict == "contradicted"
            assert finding.low > 0.05
        else:
            assert finding.verdict == "supported"
            assert finding.high < 1e-5


def test_either_place_trains() -> None:
    evidence = run_reduced(
        CLAIM,
        seeds=2,
        studies=("placement",),
        base={"steps": 80, "network.depth": 2},
        axes={"optimizer.lr": (0.1, 0.3)},
    )
    for name in ("ReLU", "tanh", "sigmoid"):
        pairs = pairs_in(CLAIM, evidence, name)
        assert (pairs.first > 0.85).all()
        assert (pairs.second > 0.85).all()
        assert abs(pairs.first - pairs.second).max() < 0.08
