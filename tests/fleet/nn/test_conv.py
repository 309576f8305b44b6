"""A fleet of image networks equals its members trained alone, whoever their fleet mates are."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from bnlab.fleet.train import Training
from bnlab.spec.member import MemberSpec
from tests.fleet.image_reference import ImageReference, small_images
from tests.fleet.reference import fleet_of
from tests.fleet.test_fleet_law import assert_equals_networks_alone as assert_equals
from tests.fleet.test_fleet_law import last_frame

KINDS = ("vgg", "resnet", "inception")
NORMS = ("none", "batch", "layer", "group", "rms")
RELATIVES = (
    "batch_centre", "batch_scale", "batch_ghost", "batch_renorm", "batch_noisy", "batch_frozen",
    "group_ws",
)  # fmt: skip

assert_equals_networks_alone = partial(assert_equals, reference=ImageReference, rtol=1e-8)


def pair(**overrides: object) -> tuple[MemberSpec, MemberSpec]:
    """Two members that differ in whatever may differ within a fleet."""
    other = {"seed": 5, "network__gain": 1.5, "optimizer__lr": 0.03, "data__wrong_labels": 0.1}
    return small_images(**overrides), small_images(**{**overrides, **other})


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("placement", ["before", "after"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_fleet_of_image_networks_equals_networks_trained_alone(
    kind: str, placement: str, norm: str
) -> None:
    assert_equals_networks_alone(
        *pair(network__kind=kind, norm__kind=norm, network__norm_placement=placement)
    )


@pytest.mark.parametrize("norm", RELATIVES)
@pytest.mark.parametrize(
    ("kind", "placement"), [("vgg", "before"), ("resnet", "after"), ("resnet", "before")]
)
def test_so_with_the_relatives_of_batch_norm(kind: str, placement: str, norm: str) -> None:
    assert_equals_networks_alone(
        *pair(
            network__kind=kind,
            norm__kind=norm,
            network__norm_placement=placement,
            network__norm_on_input=norm != "group_ws",
            optimizer__lr=0.02,
        )
    )


@pytest.mark.parametrize("depth", [1, 2, 4, 5, 6])
@pytest.mark.parametrize("kind", KINDS)
def test_so_with_each_depth(kind: str, depth: int) -> None:
    assert_equals_networks_alone(
        *pair(network__kind=kind, network__depth=depth, norm__kind="batch", steps=3)
    )


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_so_with_dropout_and_the_norm_on_the_input(kind: str, norm: str) -> None:
    assert_equals_networks_alone(
        *pair(
            network__kind=kind,
            norm__kind=norm,
            network__dropout=0.3,
            network__norm_on_input=True,
            data__standardized=False,
            norm__momentum="cumulative",
        )
    )


@pytest.mark.parametrize("norm", NORMS[1:])
@pytest.mark.parametrize("affine", ["weight", "bias", "none"])
def test_so_with_each_choice_of_gamma_and_beta(norm: str, affine: str) -> None:
    assert_equals_networks_alone(
        *pair(network__kind="resnet", norm__kind=norm, norm__affine=affine)
    )


@pytest.mark.parametrize("activation", ["leaky_relu", "gelu", "tanh", "sigmoid", "identity"])
@pytest.mark.parametrize("init", ["xavier", "normal", "orthogonal"])
def test_so_with_other_activations_first_weights_and_optimizers(activation: str, init: str) -> None:
    assert_equals_networks_alone(
        *pair(
            network__kind="inception" if init == "xavier" else "resnet",
            network__activation=activation,
            network__init=init,
            norm__kind="batch",
            optimizer__kind="adamw",
            optimizer__lr=0.003,
            steps=4,
        )
    )


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_member_does_not_depend_on_its_fleet_mates(kind: str, norm: str) -> None:
    spec = small_images(network__kind=kind, norm__kind=norm)
    wild = spec.replace({"optimizer.lr": 1000.0, "network.gain": 50})
    together = last_frame(fleet_of(spec.replace({"seed": 9}), spec, wild))
    alone = last_frame(fleet_of(spec))
    np.testing.assert_allclose(together.train_loss[1], alone.train_loss[0], rtol=1e-9)
    np.testing.assert_allclose(together.validation_loss[1], alone.validation_loss[0], rtol=1e-9)


def test_permuting_members_permutes_results() -> None:
    specs = [
        small_images(norm__kind="batch", seed=seed, optimizer__lr=0.1 / seed) for seed in (1, 2, 3)
    ]
    there = last_frame(fleet_of(*specs))
    back = last_frame(fleet_of(*reversed(specs)))
    np.testing.assert_allclose(there.train_loss, back.train_loss[::-1], rtol=1e-9)
    np.testing.assert_allclose(there.gradient_norm, back.gradient_norm[::-1], rtol=1e-6)


@pytest.mark.parametrize("norm", NORMS + RELATIVES)
@pytest.mark.parametrize("kind", KINDS[:2])
def test_looking_leaves_no_trace(kind: str, norm: str) -> None:
    plan = fleet_of(
        *pair(network__kind=kind, norm__kind=norm, network__dropout=0.1, steps=4), watched=(1,)
    )
    watched = Training(plan)
    watched.look()
    losses = []
    for _ in range(plan.structure.steps):
        watched.step()
        frame = watched.look()
        losses.append(frame.train_loss)
    unwatched = last_frame(plan, dtype=torch.float32)
    assert np.concatenate(losses, 1).tobytes() == unwatched.train_loss.tobytes()
    assert frame.gradient_norm.tobytes() == unwatched.gradient_norm.tobytes()
