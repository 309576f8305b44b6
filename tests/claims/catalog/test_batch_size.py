"""Claim 10, at a reduced size."""

from __future__ import annotations

import numpy as np
import pytest

from bnlab.claims.catalog.batch_size import CLAIM, values_a_mean
from bnlab.claims.evidence import Evidence
from tests.claims.reduced import pairs_in, run_reduced


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    names = ("MLP, batch of 2", "CNN, batch of 2", "x_hat")
    return run_reduced(
        CLAIM,
        seeds=3,
        studies=names,
        base={"steps": 600, "evaluate_every": 600},
        axes={"optimizer.lr": (0.005, 0.02)},
    )


def test_at_batches_of_two_batch_norm_loses_in_a_dense_network(evidence: Evidence) -> None:
    pairs = pairs_in(CLAIM, evidence, "MLP, batch of 2 (m = 2)")
    assert (pairs.first - pairs.second).mean() < -0.1


def test_at_batches_of_two_images_a_convolution_loses_less(evidence: Evidence) -> None:
    lost = {
        name: pairs.second - pairs.first
        for name in ("MLP, batch of 2 (m = 2)", "CNN, batch of 2 (m = 32 and 128)")
        for pairs in [pairs_in(CLAIM, evidence, name)]
    }
    dense, convolution = (values.mean() for values in lost.values())
    assert convolution < dense - 0.05


def test_of_two_values_x_hat_is_one_and_of_many_it_is_not(evidence: Evidence) -> None:
    of_dense = pairs_in(CLAIM, evidence, "MLP, batch of 2: |x_hat| is 1 (control)").first
    of_images = pairs_in(CLAIM, evidence, "CNN, batch of 2: |x_hat| is 1 (control)").first
    np.testing.assert_allclose(of_dense, 1, atol=0.03)
    assert (of_images < 0.9).all()


def test_a_mean_is_taken_of_the_batch_times_the_positions_of_an_image() -> None:
    assert values_a_mean("MLP", 8) == "m = 8"
    assert values_a_mean("CNN", 2) == f"m = {2 * 4 * 4} and {2 * 8 * 8}"


def test_each_batch_size_sees_every_example_equally_often() -> None:
    for study in CLAIM.studies.values():
        if not study.measurement:
            base = study.experiment.base
            assert 1120 * 5 < base.steps * base.batch_size <= 1200 * 5
