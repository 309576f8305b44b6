"""Residual branches and ranks at the first weights: as plain torch has them, and as theory says."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from bnlab.data.datasets import WEIGHTS
from bnlab.fleet.measurements.hidden_rank import soft_rank
from bnlab.fleet.nn.init import first_weight
from bnlab.spec.member import MemberSpec
from tests.fleet.measurements.measured import measured
from tests.fleet.reference import ACTIVATIONS, small

DEEP = MemberSpec().replace({"network.depth": 64, "network.width": 64, "batch_size": 128})


def layers_by_torch(spec: MemberSpec) -> list[Tensor]:
    """Outputs (N, F) of the hidden layers on the inputs of measurements at the first weights."""
    draws = np.random.default_rng([spec.seed, WEIGHTS, spec.network.depth + 1])
    shape = (spec.data.facts.features, spec.batch_size)
    h = torch.from_numpy(draws.standard_normal(shape)).mT
    outputs = []
    for layer in range(spec.network.depth):
        z = F.linear(h, torch.from_numpy(first_weight(spec, layer)))
        if spec.norm.kind == "batch":
            z = F.batch_norm(z, None, None, training=True, eps=spec.norm.eps)
        elif spec.norm.kind == "layer":
            z = F.layer_norm(z, z.shape[1:], eps=spec.norm.eps)
        branch = ACTIVATIONS[spec.network.activation](z)
        h = h + branch if spec.network.skips and layer else branch
        outputs.append(h)
    return outputs


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
def test_branches_are_those_of_plain_torch(norm: str) -> None:
    spec = small(norm__kind=norm, network__skips=True, network__depth=6)
    found = measured("branch_share", [spec])
    h = layers_by_torch(spec)
    variance = [layer.var(0, correction=0).mean().item() for layer in h]
    branch = [(b - a).var(0, correction=0).mean().item() for a, b in pairwise(h)]
    np.testing.assert_allclose(found["ratio"][0], np.array(branch) / variance[:-1], rtol=1e-9)


@pytest.mark.parametrize("activation", ["identity", "tanh"])
def test_normalized_branches_without_a_mean_shrink_as_one_over_their_number(
    activation: str,
) -> None:
    changes = {"norm.kind": "batch", "network.skips": True, "network.activation": activation}
    specs = [DEEP.replace({**changes, "seed": seed}) for seed in range(4)]
    slopes = [measured("branch_share", [spec])["slope"][0] for spec in specs]
    assert np.mean(slopes) == pytest.approx(-1, abs=0.05)


def test_linear_branches_without_norm_stay_as_large_beside_their_skips() -> None:
    """He weights double the variance, so each branch has twice that of its skip."""
    spec = DEEP.replace({"network.skips": True, "network.activation": "identity"})
    found = measured("branch_share", [spec])
    assert found["slope"][0] == pytest.approx(0, abs=0.05)
    assert found["ratio"].mean() == pytest.approx(2, rel=0.05)


def test_a_network_without_skips_has_no_branches() -> None:
    with pytest.raises(ValueError, match=r"network\.skips must be true \(got false\)."):
        measured("branch_share", [small()])


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
def test_ranks_are_those_of_plain_torch(norm: str) -> None:
    spec = small(norm__kind=norm, network__depth=6)
    expected = []
    for h in layers_by_torch(spec):
        squares = torch.linalg.svdvals(h).square()
        expected.append((squares.sum().square() / squares.square().sum()).item())
    np.testing.assert_allclose(measured("hidden_rank", [spec])["rank"][0], expected, rtol=1e-6)


def test_the_soft_rank_counts_directions_of_equal_size() -> None:
    directions = torch.linalg.qr(torch.randn(8, 5, dtype=torch.float64))[0]
    assert soft_rank(directions) == pytest.approx(5)
    assert soft_rank(1e30 * directions[:, :1]) == pytest.approx(1)


def test_orthogonal_weights_lose_no_direction() -> None:
    changes = {"network.init": "orthogonal", "network.activation": "identity"}
    rank = measured("hidden_rank", [DEEP.replace(changes)])["rank"][0]
    assert rank[-1] == pytest.approx(rank[0])
