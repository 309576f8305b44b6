"""What a training does step by step, and the plans it follows."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from bnlab.fleet.device import choose_device
from bnlab.fleet.inspect.questions import evaluate
from bnlab.fleet.nn.init import first_weight
from bnlab.fleet.plan import FleetPlan, pieces_that_fit, plan_fleets, split
from bnlab.fleet.train import Training, train
from bnlab.results.frames import QUANTITIES, Frame
from bnlab.spec.experiment import Experiment
from bnlab.spec.interventions import Change
from tests.fleet.reference import fleet_of, small


def test_the_first_frame_is_that_of_step_0_and_whole() -> None:
    frame = next(train(fleet_of(small(data__name="xor"))))
    assert frame.step == 0
    assert tuple(frame.layers) == QUANTITIES or set(frame.layers) == set(QUANTITIES)
    assert frame.decision is not None
    assert frame.eval_steps.tolist() == [0]


def test_a_look_makes_no_step_and_measures_what_is_asked_for() -> None:
    training = Training(fleet_of(small()))
    training.step()
    looks = [training.look(("activation",), pictures=False) for _ in range(2)]
    assert [look.step for look in looks] == [1, 1]
    assert set(looks[0].layers) == {"activation"}


def test_frames_carry_each_loss_and_each_evaluation_once() -> None:
    plan = fleet_of(small(steps=13, evaluate_every=4))
    seen = list(train(plan, every=5))
    assert [frame.step for frame in seen] == [0, 5, 10, 13]
    assert np.concatenate([frame.loss_steps for frame in seen]).tolist() == list(range(1, 14))
    assert np.concatenate([frame.eval_steps for frame in seen]).tolist() == [0, 4, 8, 12, 13]
    for frame in seen:
        assert frame.train_loss.shape == (1, len(frame.loss_steps))
        assert frame.validation_loss.shape == (1, len(frame.eval_steps))


def test_frames_survive_their_binary_form() -> None:
    frame = list(train(fleet_of(small(norm__kind="batch"))))[-1]
    back = Frame.from_bytes(frame.to_bytes())
    np.testing.assert_array_equal(back.train_loss, frame.train_loss)
    np.testing.assert_array_equal(back.layers["gradient"].std, frame.layers["gradient"].std)


def test_after_the_last_step_it_still_obeys_but_makes_no_step_more() -> None:
    training = Training(fleet_of(small(steps=3)))
    for _ in range(3):
        assert not training.is_done
        training.step()
    training.change(Change(lr=1.0))
    assert training.is_done
    assert training.look().step == 3
    with pytest.raises(RuntimeError, match="All 3 steps"):
        training.step()


def test_a_quiet_training_refuses_to_be_looked_at() -> None:
    training = Training(replace(fleet_of(small()), is_quiet=True))
    with pytest.raises(ValueError, match="no probe"):
        training.look()


def test_training_leaves_the_mode_of_torch_alone() -> None:
    training = Training(fleet_of(small()))
    training.step()
    training.look()
    assert not torch.is_inference_mode_enabled()


def test_members_of_equal_structure_make_a_fleet() -> None:
    experiment = Experiment(
        base=small(),
        variants={"none": {}, "batch": {"norm.kind": "batch"}, "fast": {"optimizer.lr": 0.5}},
        axes={"network.gain": (1.0, 2.0), "network.depth": (2, 3)},
        seeds=2,
    )
    plans = plan_fleets(experiment)
    assert [len(plan.specs) for plan in plans] == [8, 8, 4, 4]
    assert sorted(member for plan in plans for member in plan.members) == list(range(24))
    members = experiment.members()
    assert all(
        members[index].spec == spec
        for plan in plans
        for index, spec in zip(plan.members, plan.specs, strict=True)
    )


def test_watched_is_the_chosen_seed_of_each_variant_at_the_first_point() -> None:
    experiment = Experiment(
        base=small(),
        variants={"none": {}, "batch": {"norm.kind": "batch"}, "fast": {"optimizer.lr": 0.5}},
        axes={"network.gain": (1.0, 2.0)},
        seeds=3,
        probe={"seed": 1},  # type: ignore[arg-type]
    )
    members = experiment.members()
    watched = [members[plan.members[at]] for plan in plan_fleets(experiment) for at in plan.watched]
    assert sorted(member.variant for member in watched) == ["batch", "fast", "none"]
    assert {member.seed_index for member in watched} == {1}
    assert {member.point["network.gain"] for member in watched} == {1.0}


@pytest.mark.parametrize("pieces", [1, 2, 3, 9])
def test_splitting_a_plan_loses_no_member(pieces: int) -> None:
    plan = fleet_of(*(small(seed=seed) for seed in range(5)), watched=(0, 3))
    parts = split(plan, pieces)
    assert len(parts) == min(pieces, 5)
    assert [seed for part in parts for seed in part.members] == list(range(5))
    assert [part.members[at] for part in parts for at in part.watched] == [0, 3]
    assert sum((part.specs for part in parts), ()) == plan.specs


@pytest.mark.parametrize(
    ("init", "layer", "std"),
    [
        ("he", 0, np.sqrt(2 / 13) * 1.5),
        ("he", 1, np.sqrt(2 / 300) * 1.5),
        ("xavier", 1, np.sqrt(2 / 600) * 1.5),
        ("normal", 1, 0.3 * 1.5),
        ("normal", 3, 0.3),
        ("orthogonal", 1, np.sqrt(1 / 300) * 1.5),
    ],
)
def test_first_weights_have_the_spread_of_their_kind(init: str, layer: int, std: float) -> None:
    spec = small(network__init=init, network__init_std=0.3, network__gain=1.5, network__width=300)
    weight = first_weight(spec, layer)
    assert weight.shape == (3 if layer == 3 else 300, 13 if layer == 0 else 300)
    assert weight.std() == pytest.approx(std, rel=0.1)


@pytest.mark.parametrize("layer", [0, 1, 3])
def test_orthogonal_weights_are_orthonormal(layer: int) -> None:
    weight = first_weight(small(network__init="orthogonal"), layer)
    product = weight @ weight.T if weight.shape[0] < weight.shape[1] else weight.T @ weight
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-12)


def test_an_unknown_device_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNLAB_DEVICE", "abacus")
    with pytest.raises(
        ValueError, match=r"BNLAB_DEVICE must be one of auto, .*cpu on this machine .got 'abacus'"
    ):
        choose_device()
    assert choose_device("cpu").label.startswith("CPU, ")


def test_a_plan_can_be_made_by_hand() -> None:
    plan = FleetPlan(specs=(small(steps=1),), members=(0,), watched=(0,))
    assert [frame.step for frame in train(plan)] == [0, 1]


def test_a_plan_is_cut_into_pieces_that_fit_the_cache() -> None:
    plan = fleet_of(*(small(seed=seed) for seed in range(40)))
    assert pieces_that_fit(plan) == 1
    assert 1 < pieces_that_fit(plan, cache_bytes=100_000) < 40
    assert pieces_that_fit(plan, cache_bytes=1) == 40


@pytest.mark.parametrize("norm", ["none", "batch"])
def test_a_quiet_fleet_reports_the_numbers_of_one_that_is_looked_at(norm: str) -> None:
    plan = fleet_of(small(norm__kind=norm, steps=13, evaluate_every=4))
    looked, quiet = Training(plan), Training(replace(plan, is_quiet=True))
    looked.look()
    report = quiet.report()
    assert np.isnan(report.train_loss).all()
    assert np.isnan(report.gradient_ratio).all()
    for until in (4, 8, 12, 13):
        for _ in range(until - report.step):
            looked.step()
            quiet.step()
        frame, report = looked.look(), quiet.report()
        assert report.step == until
        for name in ("validation_loss", "validation_accuracy"):
            np.testing.assert_array_equal(getattr(report, name), getattr(frame, name)[:, -1])
        np.testing.assert_allclose(report.train_loss, frame.train_loss.mean(1), rtol=1e-6)
        np.testing.assert_array_equal(report.status, frame.status)
        assert (report.gradient_ratio > 0).all()
        assert (
            np.isnan(report.test_accuracy).all() == np.isnan(report.test_loss).all() == (until < 13)
        )
    np.testing.assert_array_equal(report.exact_accuracy, frame.exact_accuracy[:, -1])
    asked = looked.ask(partial(evaluate, part="test", mode="eval"))
    np.testing.assert_array_equal(report.test_accuracy, asked["accuracy"])
    np.testing.assert_array_equal(report.test_loss, asked["loss"])
