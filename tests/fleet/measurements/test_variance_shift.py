"""Dropout in front of batch norm: what its layers see in training and in testing."""

from __future__ import annotations

import numpy as np

from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec, NormSpec
from tests.fleet.measurements.measured import measured

SPEC = MemberSpec(
    data=DataSpec(name="digits"),
    network=NetworkSpec(depth=2, width=64, dropout=0.3),
    norm=NormSpec(kind="batch"),
    batch_size=64,
    steps=60,
)


def test_the_variance_after_dropout_is_that_of_the_formula() -> None:
    specs = [SPEC.replace({"network.dropout": p}) for p in (0.3, 0.5)]
    found = measured("variance_shift", specs, batches=150)
    np.testing.assert_allclose(found["ratio"], found["predicted"], rtol=0.03)
    np.testing.assert_allclose(found["ratio"][:, 0], 1.0, rtol=0.02)  # no dropout before it
    assert (found["ratio"][:, 1] > [1.25, 1.6]).all()


def test_without_dropout_both_variances_are_the_same() -> None:
    found = measured("variance_shift", [SPEC.replace({"network.dropout": 0.0})])
    np.testing.assert_allclose(found["ratio"], 1.0, rtol=0.02)
    np.testing.assert_array_equal(found["predicted"], 1.0)
    assert abs(found["running"] - found["exact"]) < 0.05
