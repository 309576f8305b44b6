"""Experiments that are too large are refused in a sentence that names the limit."""

from __future__ import annotations

from typing import Any

import pytest

from bnlab.experiment import Experiment
from bnlab.limits import LimitError, Limits
from bnlab.spec import parse


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
            "This experiment has 202 networks; this server allows 200 (BNLAB_MAX_MEMBERS).",
        ),
        (
            Limits(parameters=10_000),
            {},
            "This experiment has 15,380 parameters in all networks; "
            "this server allows 10,000 (BNLAB_MAX_PARAMETERS).",
        ),
        (
            Limits(step_work=1e5),
            {},
            "This experiment has 984,320 units of work in one step "
            "(parameters × batch size, over all networks); "
            "this server allows 100,000 (BNLAB_MAX_STEP_WORK).",
        ),
        (
            Limits(work=1e8),
            {},
            "This experiment has 590,592,000 units of work "
            "(parameters × batch size × steps, over all networks); "
            "this server allows 100,000,000 (BNLAB_MAX_WORK).",
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
    Limits(members=12).check(an_experiment(axes=axes))
    with pytest.raises(LimitError, match="12 networks"):
        Limits(members=11).check(an_experiment(axes=axes))


def test_each_limit_is_read_from_its_setting() -> None:
    environment = {
        "BNLAB_MAX_MEMBERS": "1",
        "BNLAB_MAX_PARAMETERS": "2",
        "BNLAB_MAX_WORK": "3e4",
        "BNLAB_MAX_STEP_WORK": "4",
        "BNLAB_MAX_RUNS_PER_BROWSER": "5",
        "BNLAB_MAX_RUNS": " 6 ",
    }
    expected = Limits(members=1, parameters=2, work=30_000, step_work=4, runs_per_browser=5, runs=6)
    assert Limits.from_environment(environment) == expected
    assert Limits.from_environment({}) == Limits()


@pytest.mark.parametrize("text", ["0", "-3", "many", "1.5", "nan", "inf"])
def test_a_setting_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"BNLAB_MAX_MEMBERS: got .* allowed is a whole number"):
        Limits.from_environment({"BNLAB_MAX_MEMBERS": text})
