"""Drift of the percentiles of what enters an activation."""

from __future__ import annotations

import numpy as np
import torch

from bnlab.fleet.measurements.input_drift import distances, percentiles
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec, OptimizerSpec
from tests.fleet.measurements.measured import measured

SPEC = MemberSpec(
    data=DataSpec(name="digits", standardized=False),
    network=NetworkSpec(depth=2, width=16),
    optimizer=OptimizerSpec(lr=0.1),
    steps=30,
)


def test_percentiles_are_those_of_numpy() -> None:
    values = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 3, 101)))
    expected = np.percentile(values.numpy(), (15, 50, 85), axis=2)
    np.testing.assert_allclose(percentiles(values), expected)


def test_what_moves_by_its_spread_in_a_step_has_drift_1() -> None:
    before = torch.tensor([-1.0, 0.0, 1.0]).view(1, 3, 1, 1).expand(4, 3, 2, 5)
    drift, wander = distances(torch.stack([before, before + 2], 1))
    np.testing.assert_allclose(drift, 1)
    np.testing.assert_allclose(wander, 0)


def test_batch_norm_reduces_drift_and_noise_behind_it_brings_more() -> None:
    kinds = ("none", "batch", "batch_noisy")
    answer = measured("input_drift", [SPEC.replace({"norm.kind": kind}) for kind in kinds])
    none, batch, noisy = answer["drift"]
    assert batch < none / 2
    assert noisy > none
    # A shift by U(-1/2, 1/2) in each of two steps: 1/3 apart, of a spread of about 2.
    assert 0.1 < noisy < 0.25


def test_a_network_that_does_not_move_does_not_drift() -> None:
    still = SPEC.replace({"optimizer.lr": 1e-7, "norm.kind": "batch"})
    answer = measured("input_drift", [still])
    assert answer["drift"][0] < 1e-5
