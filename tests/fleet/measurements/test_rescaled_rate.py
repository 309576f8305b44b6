"""Oracle O7: with batch norm, weights a times as long at a^2 times the rate train the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.fleet.measurements.measured import measured
from tests.fleet.reference import Reference, small


def test_at_the_rescaled_rate_the_gain_makes_no_difference_with_batch_norm() -> None:
    spec = small(norm__kind="batch", norm__eps=1e-12, optimizer__lr=0.1, steps=40)
    spec = spec.replace({"norm.momentum": 1.0})  # running statistics begin at 1 whatever the gain
    specs = [spec.replace({"network.gain": gain}) for gain in (1.0, 0.1, 30.0)]
    found = measured("rescaled_rate", specs)
    np.testing.assert_allclose(found["loss"][1:], found["loss"][[0, 0]], rtol=1e-4)
    assert len(set(found["steps_to_target"])) == 1


def test_without_norm_it_does() -> None:
    specs = [small(optimizer__lr=0.1, network__gain=gain) for gain in (1.0, 3.0)]
    loss = measured("rescaled_rate", specs)["loss"]
    assert abs(loss[1] - loss[0]).max() > 0.1


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
def test_the_steps_are_those_of_two_rates_in_torch(norm: str) -> None:
    spec = small(norm__kind=norm, network__gain=2.0, optimizer__lr=0.05)
    alone = Reference(spec)
    weights = [linear.weight for linear in alone.linears]
    others = [p for p in alone.parameters() if all(p is not w for w in weights)]
    alone.optimizer = torch.optim.SGD([{"params": weights, "lr": 0.2}, {"params": others}], lr=0.05)
    losses = [alone.train_step() for _ in range(spec.steps)]
    found = measured("rescaled_rate", [spec])
    np.testing.assert_allclose(found["loss"][0], losses, rtol=1e-5)


def test_another_optimizer_is_refused() -> None:
    with pytest.raises(ValueError, match="optimizer must be sgd"):
        measured("rescaled_rate", [small(optimizer__momentum=0.9)])
