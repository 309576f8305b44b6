"""What batch norm makes of the values of small minibatches."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from bnlab.fleet.inspect.questions import Inside
from bnlab.spec.member import MemberSpec, NetworkSpec, NormSpec
from tests.fleet.measurements.measured import measured
from tests.fleet.reference import fleet_of, training_of

MLP = MemberSpec(
    network=NetworkSpec(depth=2, width=16),
    norm=NormSpec(kind="batch"),
    batch_size=2,
    steps=20,
    evaluate_every=20,
)
CNN = MLP.replace({"network.kind": "vgg", "network.width": 4})


def first_layer(inside: Inside) -> dict[str, Any]:
    """What the first layer computes, and what its norm makes of it (M, F, N)."""
    twin = inside.network.twin()
    twin.forward(inside.minibatch_of(0).x, training=True, keep=True)
    layer = twin.hidden[0]
    return {"z": layer.z.numpy(), "x_hat": layer.norm.normalized().numpy()}


def test_of_a_batch_of_two_batch_norm_keeps_which_value_is_larger_and_no_more() -> None:
    answer = training_of(fleet_of(MLP)).ask(first_layer)
    distance = answer["z"][..., 0] - answer["z"][..., 1]
    by_theory = distance / 2 / np.sqrt(distance**2 / 4 + MLP.norm.eps)
    np.testing.assert_allclose(answer["x_hat"][..., 0], by_theory, atol=1e-9)
    np.testing.assert_allclose(answer["x_hat"][..., 1], -by_theory, atol=1e-9)
    assert (np.abs(by_theory) > 0.99).mean() > 0.9


def test_pairs_of_examples_are_one_from_their_mean_and_pairs_of_images_as_a_bell_is() -> None:
    magnitude = measured("normalized", [MLP, CNN])["magnitude"]
    assert magnitude[0] == pytest.approx(1, abs=0.03)
    assert magnitude[1] == pytest.approx(math.sqrt(2 / math.pi), abs=0.1)


def test_networks_of_unlike_structure_are_answered_in_their_order() -> None:
    specs = [MLP, CNN, MLP.replace({"optimizer.lr": 0.5}), CNN.replace({"seed": 3})]
    together = measured("normalized", specs)["magnitude"]
    alone = [measured("normalized", [spec])["magnitude"][0] for spec in specs]
    np.testing.assert_allclose(together, alone, rtol=1e-4)
