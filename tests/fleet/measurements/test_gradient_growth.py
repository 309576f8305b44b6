"""Gradients at the first weights: those of autograd, and as large as theory has them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from bnlab.data.datasets import WEIGHTS
from bnlab.spec.member import MemberSpec
from tests.fleet.measurements.measured import measured
from tests.fleet.reference import Reference, small

WIDE = MemberSpec().replace({"network.depth": 20, "network.width": 384})


def growth_in_theory(batch_size: int) -> float:
    """Of the gradient norm per layer: the root of oracle O10's factor of its square."""
    c = -1 / (batch_size - 1)
    derivative = (math.pi - math.acos(c)) / math.pi
    j = (math.sqrt(1 - c * c) + (math.pi - math.acos(c)) * c) / math.pi
    squared = (derivative + batch_size - 1) / ((batch_size - 3) * (1 - j)) - 1 / (batch_size - 3)
    return math.sqrt(squared)


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
@pytest.mark.parametrize("skips", [False, True])
def test_the_gradients_are_those_of_autograd(norm: str, skips: bool) -> None:
    spec = small(norm__kind=norm, network__skips=skips, network__depth=5)
    norms = measured("gradient_growth", [spec], settled=2)["norms"][0]
    draws = np.random.default_rng([spec.seed, WEIGHTS, 6])
    x, v = (torch.from_numpy(draws.standard_normal((size, spec.batch_size)).T) for size in (13, 3))
    network = Reference(spec)
    loss = (network(x) * v).sum()
    expected = torch.autograd.grad(loss, network.pre_activations)
    np.testing.assert_allclose(norms, [float(g.norm()) for g in expected], rtol=1e-3)


def test_growth_is_the_slope_of_the_logarithms() -> None:
    found = measured("gradient_growth", [small(network__depth=6)], settled=4)
    g = found["norms"][0]
    assert found["growth"][0] == pytest.approx(g[4] / g[5])
    assert found["first_to_last"][0] == pytest.approx(g[0] / g[5])


@pytest.mark.parametrize("batch_size", [8, 32, 256])
def test_with_batch_norm_and_relu_gradients_grow_as_theory_says(batch_size: int) -> None:
    specs = [
        WIDE.replace({"norm.kind": "batch", "batch_size": batch_size, "seed": seed})
        for seed in range(2)
    ]
    growth = [measured("gradient_growth", [spec])["growth"][0] for spec in specs]
    assert np.exp(np.log(growth).mean()) == pytest.approx(growth_in_theory(batch_size), rel=0.03)


def test_he_weights_alone_keep_gradients_as_they_are() -> None:
    specs = [WIDE.replace({"norm.kind": "none", "seed": seed}) for seed in range(2)]
    growth = [measured("gradient_growth", [spec])["growth"][0] for spec in specs]
    assert np.exp(np.log(growth).mean()) == pytest.approx(1, rel=0.03)
