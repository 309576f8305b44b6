"""The gradient of a bias in front of a norm."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from bnlab.spec.member import MemberSpec
from tests.fleet.measurements.measured import measured
from tests.fleet.reference import Reference, small

BEFORE = small(norm__kind="batch", steps=1)


def _left_by_torch(spec: MemberSpec) -> float:
    """The same of the first minibatch: a bias of zeros before each norm, by autograd."""
    reference = Reference(spec)
    x, y = reference.part("train")
    rows = next(reference.minibatches)
    logits = reference(x[rows])
    pre_activations = reference.pre_activations
    loss = F.cross_entropy(logits, y[rows])
    gradients = torch.cat(torch.autograd.grad(loss, pre_activations), 1)
    return float(gradients.sum(0).norm() / gradients.abs().sum(0).norm())


def test_a_bias_in_front_of_batch_norm_has_no_gradient() -> None:
    [left] = measured("bias_gradient", [BEFORE.replace({"steps": 20})])["left"]
    assert left < 1e-5


def test_elsewhere_it_has_the_one_that_torch_finds() -> None:
    others = [
        BEFORE.replace({"network.norm_placement": "after"}),
        BEFORE.replace({"norm.kind": "layer"}),
        BEFORE.replace({"norm.kind": "none"}),
    ]
    left = measured("bias_gradient", others)["left"]
    assert (left > 0.05).all()
    for spec, value in zip(others, left, strict=True):
        assert abs(_left_by_torch(spec) - value) < 1e-4 * value


def test_torch_finds_that_such_a_bias_learns_nothing() -> None:
    layer = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 2)).double()
    x = torch.randn(16, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    layer(x).square().sum().backward()
    bias = layer[0].bias
    assert bias is not None and bias.grad is not None
    assert bias.grad.abs().max() < 1e-12
