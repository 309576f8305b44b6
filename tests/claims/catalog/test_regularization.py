"""Claim 5, at a reduced size."""

from __future__ import annotations

import numpy as np

from bnlab.claims.catalog.regularization import CLAIM, SHARE, SIZES
from tests.claims.reduced import findings_in, pairs_in, run_reduced


def test_dropout_before_batch_norm_shifts_the_variance_and_without_it_nothing_does() -> None:
    evidence = run_reduced(CLAIM, seeds=5, studies=("shift",), base={"steps": 60})
    found = findings_in(CLAIM, evidence)
    assert found["dropout before batch norm: variance shift"].verdict == "supported"
    control = found["no dropout: variance shift (control)"]
    assert control.verdict == "no meaningful effect"
    np.testing.assert_allclose(control.effect, 1.0, atol=0.03)


def test_the_shift_is_that_of_the_formula() -> None:
    evidence = run_reduced(CLAIM, seeds=2, studies=("shift",), base={"steps": 60})
    ratio, predicted = (evidence.answers("shift", name, "with") for name in ("ratio", "predicted"))
    np.testing.assert_allclose(ratio, predicted, rtol=0.04)
    # 1 / (1 - p) of uncorrelated inputs that are 0 on average; their means make it larger.
    assert (ratio[..., 1] > 1 / (1 - SHARE) * 0.98).all()


def test_every_size_of_the_training_part_is_compared_at_rates_of_its_own() -> None:
    evidence = run_reduced(
        CLAIM,
        seeds=2,
        studies=("sizes",),
        base={"steps": 60, "evaluate_every": 60, "network.width": 32},
        axes={"optimizer.lr": (0.1, 0.3)},
    )
    means = []
    for size in SIZES:
        pairs = pairs_in(CLAIM, evidence, f"accuracy, {size} examples")
        means.append(float(pairs.first.mean()))
        assert pairs.first.shape == (2,)
    assert means == sorted(means)  # more examples, fewer errors
