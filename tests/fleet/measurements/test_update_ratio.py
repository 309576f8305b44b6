"""How far steps move the weights: as torch's own steps do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tests.fleet.measurements.measured import measured
from tests.fleet.reference import Reference, small


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
def test_ratios_are_those_of_torchs_steps(norm: str) -> None:
    spec = small(norm__kind=norm, optimizer__lr=0.2, steps=6)
    alone = Reference(spec)
    weights = [linear.weight for linear in [*alone.linears, alone.output]]
    ratios, losses = [], []
    for _ in range(spec.steps):
        before = [weight.detach().clone() for weight in weights]
        losses.append(alone.train_step())
        moved = [
            (w.detach() - b).norm() / w.detach().norm()
            for w, b in zip(weights, before, strict=True)
        ]
        ratios.append([float(ratio) for ratio in moved])
    found = measured("update_ratio", [spec], every=3)
    looked = np.array(ratios)[[0, 2, 5]]
    np.testing.assert_allclose(found["ratio"][0], looked, rtol=1e-4)
    means = [losses[0], np.mean(losses[1:3]), np.mean(losses[3:6])]
    np.testing.assert_allclose(found["loss"][0], means, rtol=1e-5)


def test_the_accuracy_is_that_of_a_network_trained_alone() -> None:
    spec = small(norm__kind="batch", optimizer__lr=0.2)
    alone = Reference(spec)
    for _ in range(spec.steps):
        alone.train_step()
    found = measured("update_ratio", [small(), spec])
    assert found["validation"][1] == pytest.approx(alone.validation()[1])


def test_a_diverged_network_has_no_ratio_and_no_accuracy() -> None:
    found = measured("update_ratio", [small(optimizer__lr=1000.0), small()])
    assert np.isnan(found["ratio"][0, -1]).all() and np.isnan(found["validation"][0])
    assert np.isfinite(found["ratio"][1]).all()


def test_a_normalized_layer_moves_in_proportion_to_the_learning_rate_at_first() -> None:
    specs = [small(norm__kind="batch", optimizer__lr=lr) for lr in (0.001, 0.002)]
    first = measured("update_ratio", specs)["ratio"][:, 0]
    np.testing.assert_allclose(first[1] / first[0], 2, rtol=1e-3)


def test_batch_norm_leaves_nothing_to_centre() -> None:
    specs = [small(norm__kind=norm, steps=5) for norm in ("batch", "none")]
    centred = measured("update_ratio", specs)["centred"]
    np.testing.assert_allclose(centred[0], 1, rtol=1e-4)
    assert (abs(centred[1, :, 1:] - 1) > 0.01).all()  # inputs of later layers are above 0


def test_what_is_left_of_a_gradient_is_that_of_centred_inputs() -> None:
    spec = small(norm__kind="none", steps=1)
    alone = Reference(spec)
    x, y = alone.part("train")
    chosen = next(alone.minibatches)
    loss = F.cross_entropy(alone(x[chosen]), y[chosen])
    [gradient, full] = torch.autograd.grad(
        loss, [alone.pre_activations[0], alone.linears[0].weight]
    )
    left = gradient.mT @ (x[chosen] - x[chosen].mean(0))
    found = measured("update_ratio", [spec])["centred"][0, 0, 0]
    assert found == pytest.approx(float(left.norm() / full.norm()), rel=1e-4)
