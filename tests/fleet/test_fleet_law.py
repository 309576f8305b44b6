"""A fleet equals its members trained alone, whoever their fleet mates are."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bnlab.fleet.minibatches import Feed
from bnlab.fleet.nn import batch_norm
from bnlab.fleet.nn.init import first_parameters
from bnlab.fleet.plan import FleetPlan
from bnlab.fleet.train import Training
from bnlab.results.frames import DIVERGED, TRAINING, Frame
from bnlab.spec.interventions import Change
from bnlab.spec.member import MemberSpec
from tests.fleet.reference import Reference, fleet_of, small, training_of

NORMS = (
    "none", "batch", "layer", "group", "rms", "batch_centre", "batch_scale", "batch_ghost",
    "batch_renorm", "batch_noisy", "batch_frozen", "group_ws",
)  # fmt: skip


def last_frame(plan: FleetPlan, *, dtype: torch.dtype = torch.float64) -> Frame:
    """A frame at the end, with all losses and evaluations but the first."""
    return training_of(plan, dtype=dtype).look()


def assert_equals_networks_alone(
    *specs: MemberSpec, reference: type[Reference] = Reference, rtol: float = 1e-9
) -> None:
    """Losses of every step and all evaluations agree with plain torch."""
    frame = last_frame(fleet_of(*specs))
    for member, spec in enumerate(specs):
        alone = reference(spec)
        evaluations = {}
        for step in range(1, spec.steps + 1):
            loss = alone.train_step()
            assert frame.train_loss[member, step - 1] == pytest.approx(loss, rel=rtol)
            if step in frame.eval_steps:
                evaluations[step] = alone.validation()
        losses, accuracies = zip(*evaluations.values(), strict=True)
        np.testing.assert_allclose(frame.validation_loss[member], losses, rtol=rtol)
        np.testing.assert_allclose(frame.validation_accuracy[member], accuracies, rtol=rtol)


def pair(**overrides: object) -> tuple[MemberSpec, MemberSpec]:
    """Two members that differ in whatever may differ within a fleet."""
    other = {"seed": 5, "network__gain": 1.5, "optimizer__lr": 0.03, "data__wrong_labels": 0.1}
    return small(**overrides), small(**{**overrides, **other})


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("placement", ["before", "after"])
def test_a_fleet_equals_networks_trained_alone(norm: str, placement: str) -> None:
    assert_equals_networks_alone(*pair(norm__kind=norm, network__norm_placement=placement))


@pytest.mark.parametrize(
    "activation", ["relu", "leaky_relu", "gelu", "tanh", "sigmoid", "identity"]
)
@pytest.mark.parametrize("norm", ["none", "batch"])
def test_so_with_each_activation(activation: str, norm: str) -> None:
    assert_equals_networks_alone(*pair(network__activation=activation, norm__kind=norm))


@pytest.mark.parametrize(
    "overrides",
    [
        {"optimizer__momentum": 0.9},
        {"optimizer__momentum": 0.9, "optimizer__nesterov": True, "optimizer__weight_decay": 0.01},
        {"optimizer__kind": "adam", "optimizer__lr": 0.01, "optimizer__weight_decay": 0.1},
        {"optimizer__kind": "adamw", "optimizer__lr": 0.01, "optimizer__weight_decay": 0.1},
    ],
)
def test_so_with_each_optimizer(overrides: dict[str, object]) -> None:
    assert_equals_networks_alone(*pair(norm__kind="batch", **overrides))


@pytest.mark.parametrize("norm", NORMS)
def test_so_with_skips_dropout_and_the_norm_on_the_input(norm: str) -> None:
    assert_equals_networks_alone(
        *pair(
            norm__kind=norm,
            network__skips=True,
            network__dropout=0.3,
            network__norm_on_input=True,
            data__standardized=norm == "batch_centre",  # it divides nothing: raw inputs diverge
        )
    )


@pytest.mark.parametrize("norm", NORMS[1:])
@pytest.mark.parametrize("affine", ["weight", "bias", "none"])
def test_so_with_each_choice_of_gamma_and_beta(norm: str, affine: str) -> None:
    assert_equals_networks_alone(
        *pair(norm__kind=norm, norm__affine=affine, network__norm_on_input=True)
    )


def test_so_with_cumulative_running_statistics() -> None:
    assert_equals_networks_alone(*pair(norm__kind="batch", norm__momentum="cumulative"))


@pytest.mark.parametrize("affine", ["both", "bias", "none"])
def test_so_by_the_kernel_for_large_minibatches(
    affine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_norm, "LARGE", 0)
    assert_equals_networks_alone(*pair(norm__kind="batch", norm__affine=affine))
    assert_equals_networks_alone(*pair(norm__kind="batch", norm__momentum="cumulative"))


@pytest.mark.parametrize("norm", ["none", "batch", "group_ws"])
def test_so_where_members_share_data_and_minibatches(norm: str) -> None:
    shared = small(norm__kind=norm)
    others = [shared.replace({"optimizer.lr": 0.03}), shared.replace({"network.gain": 1.5})]
    assert_equals_networks_alone(shared, *others)


def test_so_with_one_hidden_layer_of_one_unit() -> None:
    assert_equals_networks_alone(
        *pair(network__depth=1, network__width=1, norm__kind="batch", norm__groups=1)
    )


@st.composite
def any_spec(draw: st.DrawFn) -> MemberSpec:
    """Any tiny network."""

    def choose(*values: object) -> object:
        return draw(st.sampled_from(values))

    name = choose("wine", "spirals", "breast_cancer")
    return small(
        data__name=name,
        network__depth=draw(st.integers(1, 4)),
        network__width=choose(4, 8),
        network__activation=choose("relu", "gelu", "tanh", "sigmoid"),
        network__init=choose("he", "xavier", "normal", "orthogonal"),
        network__dropout=choose(0.0, 0.2),
        network__skips=choose(False, True),
        network__norm_placement=choose("before", "after"),
        network__norm_on_input=choose(False, True),
        norm__kind=choose(*NORMS),
        norm__eps=choose(1e-5, 1e-2),
        norm__groups=1 if name == "spirals" else 2,  # a group of one input is 0, where relu kinks
        norm__affine=choose("both", "weight", "bias", "none"),
        optimizer__kind=choose("sgd", "adam", "adamw"),
        optimizer__lr=choose(0.001, 0.01),
        optimizer__momentum=choose(0.0, 0.9),
        batch_size=4 * draw(st.integers(1, 5)),  # whole ghost batches
        steps=6,
    )


@settings(max_examples=20)
@given(any_spec())
def test_so_with_any_network(spec: MemberSpec) -> None:
    assert_equals_networks_alone(spec, spec.replace({"seed": 3, "optimizer.lr": 0.003}))


@pytest.mark.parametrize("norm", NORMS)
def test_a_member_does_not_depend_on_its_fleet_mates(norm: str) -> None:
    spec = small(norm__kind=norm)
    mates = [spec.replace({"seed": 9}), spec.replace({"optimizer.lr": 1000.0, "network.gain": 50})]
    together = last_frame(fleet_of(mates[0], spec, mates[1]))
    alone = last_frame(fleet_of(spec))
    np.testing.assert_allclose(together.train_loss[1], alone.train_loss[0], rtol=1e-9)
    np.testing.assert_allclose(together.validation_loss[1], alone.validation_loss[0], rtol=1e-9)


def test_a_member_that_diverges_leaves_the_others_untouched() -> None:
    spec = small(steps=60, evaluate_every=20)
    wild = spec.replace({"optimizer.lr": 1000.0, "network.gain": 50.0})
    together = last_frame(fleet_of(wild, spec, wild))
    alone = last_frame(fleet_of(spec))
    assert together.status.tolist()[::2] == [DIVERGED, DIVERGED]
    assert np.isnan(together.train_loss[0, -1])
    np.testing.assert_allclose(together.train_loss[1], alone.train_loss[0], rtol=1e-9)
    np.testing.assert_allclose(together.gradient_norm[1], alone.gradient_norm[0], rtol=1e-6)


def test_permuting_members_permutes_results() -> None:
    specs = [small(norm__kind="batch", seed=seed, optimizer__lr=0.1 / seed) for seed in (1, 2, 3)]
    there = last_frame(fleet_of(*specs))
    back = last_frame(fleet_of(*reversed(specs)))
    np.testing.assert_allclose(there.train_loss, back.train_loss[::-1], rtol=1e-9)
    np.testing.assert_allclose(there.gradient_norm, back.gradient_norm[::-1], rtol=1e-6)


def test_variants_of_one_seed_start_from_the_same_weights_and_see_the_same_minibatches() -> None:
    plans = [fleet_of(small(norm__kind=norm, seed=4)) for norm in NORMS]
    starts = [first_parameters(plan.specs, device="cpu", dtype=torch.float64) for plan in plans]
    streams = [Feed(plan, "cpu", torch.float64).minibatches() for plan in plans]
    for layer in ("0.linear.weight", "2.linear.weight", "output.weight"):
        assert all(torch.equal(start[layer], starts[0][layer]) for start in starts)
    for _ in range(12):  # over the end of an epoch
        minibatches = [next(stream) for stream in streams]
        assert all(torch.equal(minibatch.x, minibatches[0].x) for minibatch in minibatches)


@pytest.mark.parametrize("norm", NORMS)
def test_the_same_plan_gives_the_same_bits(norm: str) -> None:
    plan = fleet_of(*pair(norm__kind=norm, network__dropout=0.1))
    first, second = (last_frame(plan, dtype=torch.float32) for _ in range(2))
    assert first.train_loss.tobytes() == second.train_loss.tobytes()
    assert first.gradient_norm.tobytes() == second.gradient_norm.tobytes()
    assert first.validation_loss.tobytes() == second.validation_loss.tobytes()


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
@pytest.mark.parametrize("norm", NORMS)
def test_looking_leaves_no_trace(norm: str, kind: str) -> None:
    plan = fleet_of(
        *pair(norm__kind=norm, network__dropout=0.1, norm__momentum="cumulative"),
        watched=(1,),
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
    for name in ("gradient_norm", "update_ratio", "mean_gap", "var_gap"):
        assert getattr(frame, name).tobytes() == getattr(unwatched, name).tobytes()


@pytest.mark.parametrize("overrides", [{}, {"optimizer__kind": "adam"}])
def test_a_new_learning_rate_holds_from_the_next_step_on(overrides: dict[str, object]) -> None:
    specs = pair(norm__kind="batch", **overrides)
    training = training_of(fleet_of(*specs), steps=4)
    training.change(Change(lr=0.005))
    for _ in range(6):
        training.step()
    frame = training.look()
    assert frame.step == 10
    for member, spec in enumerate(specs):
        alone = Reference(spec)
        for step in range(10):
            if step == 4:
                alone.optimizer.param_groups[0]["lr"] = 0.005
            loss = alone.train_step()
            assert frame.train_loss[member, step] == pytest.approx(loss, rel=1e-9)


def test_a_member_still_on_its_way_is_training() -> None:
    plan = fleet_of(small(optimizer__lr=1e-5), target=1.0)
    assert last_frame(plan).status.tolist() == [TRAINING]
