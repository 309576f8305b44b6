"""Captured steps: the same training, to the last bit, as one operation after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from bnlab.fleet.cuda_graph import CAPTURES, WARM_UP, CapturedStep
from bnlab.fleet.inspect.units import unit
from bnlab.fleet.minibatches import Feed, Minibatch
from bnlab.fleet.nn.dense import Network, is_same_for_all
from bnlab.fleet.nn.init import first_parameters
from bnlab.fleet.nn.optim import SGD
from bnlab.fleet.plan import FleetPlan
from bnlab.fleet.train import Training, training_step
from bnlab.spec.experiment import ProbeSpec
from bnlab.spec.interventions import Change
from bnlab.spec.member import MemberSpec
from tests.fleet.image_reference import small_images
from tests.fleet.recorded import recorded
from tests.fleet.reference import fleet_of, small
from tests.fleet.test_fleet_law import NORMS

BATCH = {"norm__kind": "batch"}
STEPS = 40


class Captures:
    """Captures steps on a processor, and counts what it captured and what was made again."""

    def __init__(self) -> None:
        self.captured = self.replayed = 0

    def __call__(self, function: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        replay, loss = recorded(function)
        self.captured += 1

        def counted() -> None:
            self.replayed += 1
            replay()

        return counted, loss


@pytest.fixture
def captures(monkeypatch: pytest.MonkeyPatch) -> Captures:
    captures = Captures()
    monkeypatch.setitem(CAPTURES, "cpu", captures)
    return captures


def members(make: Callable[..., MemberSpec], **overrides: object) -> tuple[MemberSpec, MemberSpec]:
    """Two members that differ in whatever may differ within a fleet."""
    spec = make(**{"steps": STEPS, "evaluate_every": 4, **overrides})
    return spec, spec.replace({"seed": 5, "network.gain": 1.5, "optimizer.lr": 0.03})


def seen(plan: FleetPlan, changes: dict[int, Change]) -> list[Any]:
    """All that can be seen of a training: frames and the microscope, with changes on the way."""
    training = Training(plan)
    found: list[Any] = [training.look()]
    for step in range(1, plan.structure.steps + 1):
        training.step()
        if step % 8 == 0:
            found.append(training.look())
            found.append(training.ask(partial(unit, member=1, layer=1, unit=2)))
        if step in changes:
            training.change(changes[step])
    return found


def assert_equal(mine: Any, other: Any) -> None:
    """To the last bit, but for the time it took."""
    if is_dataclass(mine):
        for field in fields(mine):
            if field.name not in ("wall_s", "step_ms"):
                assert_equal(getattr(mine, field.name), getattr(other, field.name))
    elif isinstance(mine, dict):
        assert mine.keys() == other.keys()
        assert_equal(list(mine.values()), list(other.values()))
    elif isinstance(mine, list):
        for one, another in zip(mine, other, strict=True):
            assert_equal(one, another)
    else:
        np.testing.assert_array_equal(mine, other)


def assert_captured_equals_made(
    *specs: MemberSpec, changes: dict[int, Change] | None = None
) -> None:
    plan = replace(fleet_of(*specs), probe=ProbeSpec(layer=1))
    captured = seen(plan, changes or {})
    with pytest.MonkeyPatch.context() as without:
        without.delitem(CAPTURES, "cpu")
        made = seen(plan, changes or {})
    assert_equal(captured, made)


CHANGES = {
    6: Change(lr=0.05),
    12: Change(momentum=0.5),
    18: Change(frozen=True),
    22: Change(frozen=False),
    27: Change(reset=True),
    34: Change(momentum="cumulative"),
}


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("placement", ["before", "after"])
def test_captured_steps_train_as_steps_that_are_made(
    captures: Captures, norm: str, placement: str
) -> None:
    assert_captured_equals_made(
        *members(
            small,
            norm__kind=norm,
            norm__renorm_from=2,
            norm__frozen_from=9,
            network__norm_placement=placement,
        ),
        changes=CHANGES,
    )


@pytest.mark.parametrize("norm", ["none", "batch", "group_ws"])
@pytest.mark.parametrize(
    "overrides",
    [
        {"optimizer__momentum": 0.9},
        {"optimizer__momentum": 0.9, "optimizer__nesterov": True, "optimizer__weight_decay": 0.01},
        {"optimizer__kind": "adam", "optimizer__lr": 0.01, "optimizer__weight_decay": 0.1},
        {"optimizer__kind": "adamw", "optimizer__lr": 0.01, "optimizer__weight_decay": 0.1},
        {"network__skips": True, "network__dropout": 0.3, "network__norm_on_input": True},
        {"network__activation": "gelu", "norm__affine": "none"},
    ],
)
def test_so_with_each_optimizer_and_part(
    captures: Captures, overrides: dict[str, object], norm: str
) -> None:
    assert_captured_equals_made(
        *members(small, norm__kind=norm, **overrides), changes={10: Change(lr=0.02)}
    )


@pytest.mark.parametrize("changes", [{}, {10: Change(lr=0.02), 11: Change(lr=0.02)}])
def test_so_where_momentum_differs_and_the_same_rate_is_set_twice(
    captures: Captures, changes: dict[int, Change]
) -> None:
    one, other = members(small, **BATCH, optimizer__momentum=0.9)
    assert_captured_equals_made(
        one, other.replace({"optimizer.momentum": 0.5}), changes={**changes, 20: Change(lr=0.02)}
    )


@pytest.mark.parametrize("norm", ["none", "batch", "group_ws"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_so_where_members_share_their_minibatches_in_memory(
    captures: Captures, norm: str, dropout: float
) -> None:
    one, _ = members(small, norm__kind=norm, network__dropout=dropout)
    assert_captured_equals_made(one, one.replace({"network.gain": 1.5}))
    assert_captured_equals_made(one, one.replace({"seed": 3}), one.replace({"optimizer.lr": 0.03}))


@pytest.mark.parametrize(
    ("kind", "norm"),
    [
        ("vgg", "none"), ("vgg", "batch"), ("vgg", "group_ws"),
        ("resnet", "batch"), ("resnet", "batch_ghost"), ("resnet", "rms"),
        ("inception", "batch"), ("inception", "group"),
    ],
)  # fmt: skip
def test_so_with_image_networks(captures: Captures, kind: str, norm: str) -> None:
    specs = members(
        small_images, network__kind=kind, norm__kind=norm, network__dropout=0.2, steps=12
    )
    assert_captured_equals_made(*specs, changes={8: Change(momentum="cumulative")})


@pytest.mark.parametrize(
    ("overrides", "captured", "replayed"),
    [
        ({}, 1, STEPS - WARM_UP),
        (BATCH, 1, STEPS - WARM_UP),
        ({"norm__kind": "batch_ghost"}, 1, STEPS - WARM_UP),
        ({"optimizer__kind": "adam", "optimizer__lr": 0.01}, 1, STEPS - WARM_UP),
        # Until it is frozen, and then.
        ({"norm__kind": "batch_frozen", "norm__frozen_from": 9}, 2, STEPS - 2 * WARM_UP),
        # Its limits no longer grow from step 16 on.
        ({"norm__kind": "batch_renorm", "norm__renorm_from": 2}, 1, STEPS - 15 - WARM_UP),
        # A number of the host is another one at every step.
        ({**BATCH, "norm__momentum": "cumulative"}, 0, 0),
        ({"norm__kind": "batch_noisy"}, 0, 0),
    ],
)
def test_a_step_is_captured_once_as_long_as_its_numbers_stay(
    captures: Captures, overrides: dict[str, object], captured: int, replayed: int
) -> None:
    seen(fleet_of(*members(small, **overrides)), {})
    assert (captures.captured, captures.replayed) == (captured, replayed)


@pytest.mark.parametrize(
    "change", [Change(lr=0.02), Change(momentum=0.3), Change(frozen=True)], ids=str
)
def test_a_change_leads_to_another_capture(captures: Captures, change: Change) -> None:
    seen(fleet_of(*members(small, **BATCH)), {10: change})
    assert (captures.captured, captures.replayed) == (2, STEPS - 2 * WARM_UP)


def test_what_all_members_share_stays_in_memory_once() -> None:
    def noted(minibatch: Minibatch) -> Tensor:
        given.append(minibatch.x)
        return training_step(network, optimizer, minibatch)

    given: list[Tensor] = []
    spec = small()
    plan = fleet_of(spec, spec.replace({"network.gain": 1.5}))
    with torch.inference_mode():
        parameters = first_parameters(plan.specs, device="cpu", dtype=torch.float32)
        network = Network(spec, parameters)
        optimizer = SGD([one.optimizer for one in plan.specs], parameters, network.gradients)
        make_step = CapturedStep(noted, network, optimizer, capture=recorded)
        minibatches = Feed(plan, "cpu", torch.float32).minibatches()
        for _ in range(WARM_UP + 1):
            make_step(next(minibatches))
    assert is_same_for_all(given[0])
    assert is_same_for_all(given[-1])
    assert given[-1].stride() == given[0].stride()


def test_where_capturing_fails_training_goes_on_and_says_why_once(captures: Captures) -> None:
    def failing(function: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        recorded(function)
        raise RuntimeError("operation not permitted when stream is capturing")

    specs = members(small, norm__kind="batch_ghost", optimizer__kind="adam", optimizer__lr=0.01)
    with pytest.MonkeyPatch.context() as refusing, pytest.warns(RuntimeWarning) as warned:
        refusing.setitem(CAPTURES, "cpu", failing)
        assert_captured_equals_made(*specs, changes={20: Change(momentum="cumulative")})
    assert [str(warning.message) for warning in warned] == [
        "Training continues without a CUDA graph, one operation at a time: "
        "operation not permitted when stream is capturing"
    ]


def test_a_processor_captures_nothing() -> None:
    assert "cpu" not in CAPTURES


@pytest.mark.parametrize(
    "asks_the_host",
    [lambda x: x.sum().item(), lambda x: x.new_tensor([1.0]), lambda x: x.nonzero()],
)
def test_a_recording_refuses_what_a_graph_cannot_hold(
    asks_the_host: Callable[[Tensor], object],
) -> None:
    def function() -> Tensor:
        asks_the_host(x)
        return x

    x = torch.ones(3)
    with pytest.raises(RuntimeError, match="not permitted when stream is capturing"):
        recorded(function)


def test_a_recording_carries_nothing_out_until_it_is_replayed() -> None:
    x, total = torch.ones(3), torch.zeros(())
    replay, doubled = recorded(lambda: total.add_(x.sum()) * 2)
    assert total == 0
    replay()
    x.fill_(2.0)
    replay()
    assert (total, doubled) == (9, 18)
