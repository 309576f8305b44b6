"""The loss in a plane around a network, beside the network itself and torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import batch_norm, cross_entropy

from bnlab.data.datasets import load, probe_batch
from bnlab.fleet.measurements.loss_surface import directions
from bnlab.fleet.train import Fleet
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec, NormSpec, OptimizerSpec
from tests.fleet.measurements.measured import measured
from tests.fleet.reference import fleet_of

SPEC = MemberSpec(
    data=DataSpec(name="digits", standardized=False),
    network=NetworkSpec(depth=2, width=16),
    norm=NormSpec(kind="batch"),
    optimizer=OptimizerSpec(lr=0.3),
    steps=30,
)
KINDS = ("none", "batch")


def trained(spec: MemberSpec) -> Fleet:
    fleet = Fleet(fleet_of(spec))
    with torch.inference_mode():
        for _ in range(spec.steps):
            fleet.step()
    return fleet


def test_each_point_is_the_loss_of_torch_with_moved_weights() -> None:
    answer = measured("loss_surface", [SPEC], points=3, reach=0.5, examples=64)
    parameters = trained(SPEC).network.parameters
    first, second = directions(parameters, SPEC)
    data = load(SPEC.data, SPEC.seed)
    chosen = probe_batch(len(data.x_train), 64, SPEC.seed)
    x = torch.tensor(data.x_train[chosen], dtype=torch.float32)
    y = torch.tensor(data.y_train[chosen]).long()
    for row, b in enumerate((-0.5, 0.0, 0.5)):
        for column, a in enumerate((-0.5, 0.0, 0.5)):
            moved = {name: parameters[name][0].clone() for name in parameters.shapes}
            for name in first:
                moved[name] += a * first[name] + b * second[name]
            h = x
            for layer in (0, 1):
                weight, gamma, beta = (
                    moved[f"{layer}.{part}"]
                    for part in ("linear.weight", "norm.weight", "norm.bias")
                )
                z = h @ weight.T
                h = batch_norm(z, None, None, gamma.view(-1), beta.view(-1), training=True).relu()
            logits = h @ moved["output.weight"].T + moved["output.bias"].view(-1)
            expected = cross_entropy(logits, y).item()
            assert answer["loss"][0, row, column] == pytest.approx(expected, rel=1e-3)


def test_directions_have_the_lengths_of_the_weights_of_each_unit() -> None:
    parameters = trained(SPEC).network.parameters
    for direction in directions(parameters, SPEC):
        assert set(direction) == {"0.linear.weight", "1.linear.weight", "output.weight"}
        for name, block in direction.items():
            np.testing.assert_allclose(
                block.norm(dim=1), parameters[name][0].norm(dim=1), rtol=1e-5
            )


def test_far_from_the_network_batch_norm_bounds_the_loss() -> None:
    base = SPEC.replace({"network.depth": 5, "optimizer.lr": 0.1, "steps": 100})
    specs = [base.replace({"norm.kind": kind}) for kind in KINDS]
    answer = measured("loss_surface", specs, points=5)
    none, batch = answer["loss"].max((1, 2))
    assert none > 2 * batch
    np.testing.assert_array_less(answer["loss"][:, 2, 2], answer["loss"][:, 0, 0])
    assert (answer["validation"] > 0.3).all()
