"""Recorded statistics are torch's own; momentum, freeze and reset do what torch would do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from bnlab.fleet.plan import plan_fleets
from bnlab.fleet.train import Training
from bnlab.results.frames import Array, Frame, merge_frames
from bnlab.spec.experiment import Experiment, ProbeSpec
from bnlab.spec.interventions import Change, Intervention
from bnlab.spec.member import MemberSpec
from tests.fleet.reference import Reference, fleet_of, small, training_of

LAYER = 1
STEPS = 12


def recorded(
    *specs: MemberSpec,
    changes: tuple[Intervention, ...] = (),
    watched: tuple[int, ...] = (0,),
    dtype: torch.dtype = torch.float64,
) -> list[Frame]:
    """A frame at step 0 and after every step."""
    plan = replace(fleet_of(*specs, watched=watched), probe=ProbeSpec(layer=LAYER))
    training = Training(plan, dtype=dtype)
    seen = [training.look()]
    for step in range(STEPS):
        for change in changes:
            if change.step == step:
                training.change(change)
        training.step()
        seen.append(training.look((), pictures=False))
    return seen


def statistics(frames: list[Frame]) -> Array:
    """(T, 6, F) of the first watched member."""
    found = [frame.statistics for frame in frames]
    return np.stack([values[0] for values in found if values is not None])


def losses(frames: list[Frame]) -> Array:
    return np.concatenate([frame.train_loss for frame in frames], 1)


SPECS = {
    "batch": {},
    "high momentum": {"norm__momentum": 0.9},
    "cumulative": {"norm__momentum": "cumulative"},
    "large eps": {"norm__eps": 1.0},
    "after the activation": {"network__norm_placement": "after"},
    "on the input, skips": {"network__norm_on_input": True, "network__skips": True},
    "dropout": {"network__dropout": 0.3},
}


@pytest.mark.parametrize("name", SPECS)
def test_recorded_statistics_are_those_of_torch_step_by_step(name: str) -> None:
    spec = small(norm__kind="batch", **SPECS[name])
    found = statistics(recorded(spec, spec.replace({"seed": 5})))
    alone, seen = Reference(spec), []
    norm = alone.norms[LAYER]
    norm.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    for step in range(STEPS + 1):
        if step:
            alone.train_step()
            np.testing.assert_allclose(found[step, 2], seen[-1].mean(0), atol=1e-9)
            np.testing.assert_allclose(found[step, 3], seen[-1].var(0), atol=1e-9)
        np.testing.assert_allclose(found[step, 0], norm.running_mean, atol=1e-9)
        np.testing.assert_allclose(found[step, 1], norm.running_var, atol=1e-9)


def exact(alone: Reference) -> tuple[Array, Array]:
    """Mean and unbiased variance over the whole training part, layer by layer, by numpy."""

    def array(values: Tensor) -> Array:
        return values.detach().numpy()

    h = alone.examples.x_train
    for linear, norm in zip(alone.linears, alone.norms, strict=True):
        z = h @ array(linear.weight).T
        mean, var = z.mean(0), z.var(0, ddof=1)
        if norm is alone.norms[LAYER]:
            return mean, var
        x_hat = (z - mean) / np.sqrt(var + norm.eps)
        h = np.maximum(x_hat * array(norm.weight) + array(norm.bias), 0)
    raise AssertionError("no such layer")


def test_exact_statistics_are_those_of_the_whole_training_part() -> None:
    spec = small(norm__kind="batch")
    found = statistics(recorded(spec, spec.replace({"seed": 5})))
    alone = Reference(spec)
    for step in range(STEPS + 1):
        if step:
            alone.train_step()
        mean, var = exact(alone)
        np.testing.assert_allclose(found[step, 4], mean, atol=1e-9)
        np.testing.assert_allclose(found[step, 5], var, atol=1e-9)


def test_before_the_first_minibatch_there_are_no_batch_statistics() -> None:
    first = statistics(recorded(small(norm__kind="batch")))[0]
    assert np.isnan(first[2:4]).all()
    assert np.isfinite(np.delete(first, (2, 3), axis=0)).all()


@pytest.mark.parametrize("layer", ["none", 0, 2])
def test_recording_changes_nothing_else_in_a_frame(layer: int | str) -> None:
    plan = fleet_of(small(norm__kind="batch"), small(norm__kind="batch", seed=2), watched=(1,))

    def last(layer: int | str) -> Frame:
        training = Training(replace(plan, probe=ProbeSpec(layer=layer)))  # type: ignore[arg-type]
        training.look()
        for _ in range(STEPS):
            training.step()
            frame = training.look()
        return replace(frame, wall_s=0.0, step_ms=np.zeros(2), statistics=None)

    assert last(layer).to_bytes() == last("none").to_bytes()


def test_nothing_is_recorded_unless_a_layer_is_named() -> None:
    assert Training(fleet_of(small(norm__kind="batch"))).look().statistics is None


# --- what a person changes -----------------------------------------------------------------------

BATCH = small(norm__kind="batch", norm__momentum=0.1)


def test_frozen_statistics_stay_and_training_is_the_same_to_the_last_bit() -> None:
    free = recorded(BATCH)
    frozen = recorded(BATCH, changes=(Change(frozen=True).at(4), Change(frozen=False).at(9)))
    assert losses(frozen).tobytes() == losses(free).tobytes()
    found, usual = statistics(frozen), statistics(free)
    np.testing.assert_array_equal(found[4:10, :2], np.broadcast_to(usual[4, :2], (6, 2, 8)))
    np.testing.assert_array_equal(found[:, 2:], usual[:, 2:])
    assert (found[10, :2] != found[9, :2]).any()


def test_frozen_statistics_stay_when_the_network_diverges() -> None:
    wild = small(norm__kind="batch", optimizer__lr=1000.0, optimizer__weight_decay=10.0)
    frames = recorded(wild, changes=(Change(frozen=True).at(0),), dtype=torch.float32)
    found = statistics(frames)
    assert not np.isfinite(found[-1, 2:4]).any()
    np.testing.assert_array_equal(found[:, 0], np.zeros((STEPS + 1, 8)))
    np.testing.assert_array_equal(found[:, 1], np.ones((STEPS + 1, 8)))


def test_reset_statistics_are_0_and_1_and_begin_again() -> None:
    found = statistics(recorded(BATCH, changes=(Change(reset=True).at(5),)))
    np.testing.assert_allclose(found[6, 0], 0.1 * found[6, 2], atol=1e-12)
    np.testing.assert_allclose(found[6, 1], 0.9 + 0.1 * found[6, 3], atol=1e-12)
    plan = replace(fleet_of(BATCH), probe=ProbeSpec(layer=LAYER))
    training = training_of(plan, steps=1)
    training.change(Change(reset=True))
    frame = training.look()
    assert frame.statistics is not None
    np.testing.assert_array_equal(frame.statistics[0, :2], [np.zeros(8), np.ones(8)])


def test_a_reset_begins_the_count_of_the_cumulative_average_again() -> None:
    spec = small(norm__kind="batch", norm__momentum="cumulative")
    found = statistics(recorded(spec, changes=(Change(reset=True).at(5),)))
    for step in range(6, STEPS + 1):
        np.testing.assert_allclose(found[step, :2], found[6 : step + 1, 2:4].mean(0), atol=1e-9)


def test_momentum_1_is_the_last_minibatch() -> None:
    found = statistics(recorded(BATCH, changes=(Change(momentum=1.0).at(3),)))
    np.testing.assert_allclose(found[4:, :2], found[4:, 2:4], atol=1e-12)


def test_cumulative_is_the_plain_average() -> None:
    found = statistics(recorded(BATCH, changes=(Change(momentum="cumulative").at(0),)))
    for step in range(1, STEPS + 1):
        np.testing.assert_allclose(found[step, :2], found[1 : step + 1, 2:4].mean(0), atol=1e-9)


@pytest.mark.parametrize(
    ("changes", "momenta"),
    [
        ((Change(momentum=0.5).at(4), Change(momentum=0.01).at(8)), {4: 0.5, 8: 0.01}),
        ((Change(momentum="cumulative").at(4),), {4: None}),
        ((Change(frozen=True).at(3), Change(frozen=False).at(7)), {3: 0.0, 7: 0.1}),
        (
            (
                Change(frozen=True).at(3),
                Change(momentum="cumulative").at(5),
                Change(frozen=False).at(7),
            ),
            {3: 0.0, 7: None},
        ),
    ],
    ids=["twice", "cumulative", "frozen", "changed while frozen"],
)
def test_momentum_is_changed_as_in_torch(
    changes: tuple[Intervention, ...], momenta: dict[int, float | None]
) -> None:
    found = statistics(recorded(BATCH, changes=changes))
    alone = Reference(BATCH)
    for step in range(STEPS):
        for norm in alone.norms:
            norm.momentum = momenta.get(step, norm.momentum)
        alone.train_step()
        norm = alone.norms[LAYER]
        np.testing.assert_allclose(found[step + 1, 0], norm.running_mean, atol=1e-9)
        np.testing.assert_allclose(found[step + 1, 1], norm.running_var, atol=1e-9)


# --- many networks -------------------------------------------------------------------------------


def test_a_watched_member_is_recorded_as_if_it_trained_alone() -> None:
    specs = [BATCH, BATCH.replace({"seed": 1}), BATCH.replace({"optimizer.lr": 0.3})]
    together = [frame.statistics for frame in recorded(*specs, watched=(1, 2))]
    for place, spec in enumerate(specs[1:]):
        alone = statistics(recorded(spec))
        found = [values[place] for values in together if values is not None]
        np.testing.assert_allclose(found, alone, atol=1e-9)


def test_variants_without_batch_norm_and_units_they_lack_are_no_numbers() -> None:
    variants = {
        "wide": {"norm.kind": "batch"},
        "none": {},
        "narrow": {"norm.kind": "batch", "network.width": 4},
    }
    experiment = Experiment(base=small(), variants=variants, probe=ProbeSpec(layer=2))
    plans = plan_fleets(experiment)
    frame = merge_frames(
        [training_of(plan, steps=1, dtype=torch.float32).look() for plan in plans],
        members=[plan.members for plan in plans],
        watched=[[plan.members[place] for place in plan.watched] for plan in plans],
    )
    assert frame.statistics is not None
    assert frame.statistics.shape == (3, 6, 8)
    there = np.isfinite(frame.statistics).all(1)
    assert there.tolist() == [8 * [True], 8 * [False], 4 * [True] + 4 * [False]]
