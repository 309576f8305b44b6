"""Experiments that are too large are refused in a sentence that names the limit."""

from __future__ import annotations

from typing import Any

import pytest

from bnlab.lab.limits import LimitError, Limits
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError
from bnlab.spec.member import parse


def an_experiment(**document: Any) -> Experiment:
    return parse(Experiment, document)


def test_the_default_experiment_is_within_the_limits() -> None:
    Limits().check(Experiment())


@pytest.mark.parametrize(
    ("limits", "document", "sentence"),
    [
        (
            Limits(members=200),
            {"seeds": 101},
            "This experiment has 202 networks; this server allows 200 (BNLAB_MAX_MEMBERS). "
            "Lower the number of variants or seeds.",
        ),
        (
            Limits(parameters=10_000),
            {},
            "The networks of this experiment have 15,380 weights and biases; "
            "this server allows 10,000 (BNLAB_MAX_PARAMETERS). "
            "Lower the hidden layers, the units per layer, or the number of networks.",
        ),
        (
            Limits(step_work=1e5),
            {},
            "One step of all networks takes 984,320 multiplications in the forward pass; "
            "this server allows 100,000 (BNLAB_MAX_STEP_WORK). "
            "Lower the batch size, the hidden layers, the units per layer, "
            "or the number of networks.",
        ),
        (
            Limits(work=1e8),
            {},
            "All steps of all networks take 590,592,000 multiplications in the forward pass; "
            "this server allows 100,000,000 (BNLAB_MAX_WORK). "
            "Lower the steps, the batch size, the hidden layers, the units per layer, "
            "or the number of networks.",
        ),
    ],
)
def test_what_is_too_large_is_refused(
    limits: Limits, document: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(LimitError) as refusal:
        limits.check(an_experiment(**document))
    assert str(refusal.value) == sentence


def test_exactly_the_limit_is_allowed() -> None:
    Limits(members=2, parameters=15_380, work=590_592_000).check(Experiment())


def test_points_of_the_axes_count_as_networks_of_their_own() -> None:
    axes = {"optimizer.lr": [0.1, 0.2, 0.3], "network.depth": [1, 2]}
    Limits(sweep_members=12, members=1).check(an_experiment(axes=axes))
    with pytest.raises(LimitError, match="12 networks"):
        Limits(sweep_members=11).check(an_experiment(axes=axes))


def test_a_sweep_may_be_larger_than_a_race_but_none_of_its_networks() -> None:
    axes = {"optimizer.lr": [0.1, 0.2, 0.3], "network.width": [8, 64]}
    sweep = an_experiment(axes=axes)
    largest = max(member.spec.parameters for member in sweep.members()) * 64
    Limits(step_work=largest, parameters=1, work=1).check(sweep)
    with pytest.raises(LimitError, match="BNLAB_MAX_STEP_WORK"):
        Limits(step_work=largest - 1).check(sweep)
    with pytest.raises(LimitError, match="BNLAB_MAX_SWEEP_WORK"):
        Limits(sweep_work=1e6).check(sweep)


def test_a_sweep_may_not_fill_the_memory_with_measurements() -> None:
    sweep = an_experiment(
        base={"steps": 10_000, "evaluate_every": 1}, axes={"optimizer.lr": [0.1, 0.2]}
    )
    with pytest.raises(LimitError, match=r"measurements.*BNLAB_MAX_SWEEP_MEASUREMENTS"):
        Limits(sweep_measurements=30_000).check(sweep)


def test_networks_of_a_sweep_that_cannot_be_built_are_left_out_unless_none_can() -> None:
    group = {"group": {"norm.kind": "group", "norm.groups": 8}}
    Limits().check(an_experiment(variants=group, axes={"network.width": [12, 16]}))
    with pytest.raises(SpecError, match="No network of this sweep can be built"):
        Limits().check(an_experiment(variants=group, axes={"network.width": [12, 20]}))


def test_each_limit_is_read_from_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "BNLAB_MAX_MEMBERS": "1",
        "BNLAB_MAX_PARAMETERS": "2",
        "BNLAB_MAX_WORK": "3e4",
        "BNLAB_MAX_STEP_WORK": "4",
        "BNLAB_MAX_RUNS_PER_BROWSER": "5",
        "BNLAB_MAX_RUNS": " 6 ",
        "BNLAB_MAX_SWEEP_MEMBERS": "7",
        "BNLAB_MAX_SWEEP_WORK": "8",
        "BNLAB_MAX_SWEEP_MEASUREMENTS": "9",
    }
    expected = Limits(
        members=1,
        parameters=2,
        work=30_000,
        step_work=4,
        runs_per_browser=5,
        runs=6,
        sweep_members=7,
        sweep_work=8,
        sweep_measurements=9,
    )
    assert Limits() != expected
    for name, text in given.items():
        monkeypatch.setenv(name, text)
    assert Limits() == expected


@pytest.mark.parametrize("text", ["0", "-3", "many", "1.5", "nan", "inf"])
def test_a_setting_that_is_no_number_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNLAB_MAX_MEMBERS", text)
    with pytest.raises(ValueError, match=r"BNLAB_MAX_MEMBERS must be a whole number"):
        Limits()
