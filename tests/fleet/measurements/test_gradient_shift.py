"""Internal covariate shift by gradients, and the landscape along the gradient, beside autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import batch_norm, cross_entropy

from bnlab.data.datasets import epochs, load
from bnlab.fleet.nn.init import first_weight
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec, NormSpec, OptimizerSpec
from tests.fleet.measurements.measured import measured

SPEC = MemberSpec(
    data=DataSpec(name="digits", standardized=False),
    network=NetworkSpec(depth=2, width=16, activation="tanh"),
    norm=NormSpec(kind="batch", affine="none"),
    optimizer=OptimizerSpec(lr=0.2),
    steps=1,
)


class ByTorch:
    """The same network before its first step, in float64: weights of both hidden layers, output."""

    def __init__(self) -> None:
        data = load(SPEC.data, SPEC.seed)
        chosen = next(epochs(len(data.x_train), SPEC.batch_size, SPEC.seed))[0]
        self.x, self.y = (torch.tensor(part[chosen]) for part in (data.x_train, data.y_train))
        bias = torch.zeros(SPEC.data.facts.classes, dtype=torch.float64)
        self.start = [*(torch.tensor(first_weight(SPEC, layer)) for layer in range(3)), bias]

    def gradients(self, parameters: list[Tensor]) -> tuple[list[Tensor], float]:
        first, second, output, bias = leaves = [p.clone().requires_grad_() for p in parameters]
        h = self.x
        for weight in (first, second):
            h = batch_norm(h @ weight.T, None, None, training=True).tanh()
        loss = cross_entropy(h @ output.T + bias, self.y.long())
        return list(torch.autograd.grad(loss, leaves)), loss.item()

    def moved(self, step: float) -> list[Tensor]:
        gradients, _ = self.gradients(self.start)
        return [p - step * g for p, g in zip(self.start, gradients, strict=True)]


def test_the_shift_is_the_change_of_a_gradient_by_the_step_of_earlier_layers() -> None:
    answer = measured("gradient_shift", [SPEC])
    torched = ByTorch()
    before, _ = torched.gradients(torched.start)
    after = torched.moved(SPEC.optimizer.lr)
    shifts, cosines = [], []
    for layer in (1, 2):
        mixed = [*after[:layer], *torched.start[layer:]]
        changed, old = torched.gradients(mixed)[0][layer], before[layer]
        shifts.append((changed - old).norm().item() / old.norm().item())
        cosines.append(((changed * old).sum() / changed.norm() / old.norm()).item())
    assert answer["shift"][0] == pytest.approx(np.exp(np.log(shifts).mean()), rel=1e-3)
    assert answer["cosine"][0] == pytest.approx(np.mean(cosines), rel=1e-3)


def test_the_landscape_along_the_gradient_is_that_of_autograd() -> None:
    reach = (0.5, 2.0, 4.0)
    answer = measured("along_gradient", [SPEC], reach=reach)
    torched = ByTorch()
    gradient = torch.cat([g.flatten() for g in torched.gradients(torched.start)[0]])
    losses, changes, betas = [], [], []
    for multiple in reach:
        step = multiple * SPEC.optimizer.lr
        there, loss = torched.gradients(torched.moved(step))
        change = (torch.cat([g.flatten() for g in there]) - gradient).norm().item()
        losses.append(loss)
        changes.append(change)
        betas.append(change / (step * gradient.norm().item()))
    assert answer["loss_range"][0] == pytest.approx(max(losses) - min(losses), rel=1e-3)
    assert answer["gradient_change"][0] == pytest.approx(max(changes), rel=1e-3)
    assert answer["smoothness"][0] == pytest.approx(max(betas), rel=1e-3)


def test_looking_leaves_no_trace_in_the_training() -> None:
    spec = SPEC.replace({"steps": 40})
    looked = [
        measured("gradient_shift", [spec], every=3),
        measured("along_gradient", [spec], reach=(1.0,), every=3),
        measured("input_drift", [spec], every=3),
    ]
    plain = measured("gradient_shift", [spec], every=40)
    for answer in looked:
        np.testing.assert_array_equal(answer["test"], plain["test"])
