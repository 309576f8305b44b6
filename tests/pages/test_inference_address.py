"""The address of the page "Training and inference": links restore it, bad ones give a sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlab.lessons.presets.train_vs_eval import PRESETS
from bnlab.lessons.quiz import questions
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError
from pages.ui.train_vs_eval.address import (
    FIRST,
    Address,
    View,
    preset_address,
    read,
    variant_of,
    with_controls,
    write,
)
from tests.strategies import experiments

VIEWS = st.builds(
    View,
    example=st.integers(1, 300),
    companions=st.integers(2, 1024),
    order=st.sampled_from(["shuffled", "sorted"]),
    draws=st.integers(1, 200),
    shift=st.floats(-4, 4),
    scale=st.floats(0.1, 10),
)


def with_batch_norm(experiment: Experiment) -> Experiment:
    base = experiment.base.replace({"norm.kind": "batch"})
    return experiment.model_copy(update={"base": base})


@given(experiment=experiments().map(with_batch_norm), view=VIEWS)
def test_a_written_address_reads_back_as_itself(experiment: Experiment, view: View) -> None:
    address = Address(
        experiment, pace=20.0, hidden=frozenset({"data"}), run="abc", view=view
    )  # fmt: skip
    assert read(write(address)) == address


@pytest.mark.parametrize("name", PRESETS)
def test_a_link_to_a_preset_restores_it(name: str) -> None:
    assert read({"start": name}) == preset_address(name)
    assert read(write(preset_address(name))) == preset_address(name)


def test_an_empty_address_is_the_first_experiment() -> None:
    assert read({}) == preset_address(FIRST)


def test_a_link_that_names_one_field_leaves_the_others_as_they_start() -> None:
    found = read({"norm.momentum": "0.01", "view.draws": "9"})
    base = PRESETS[FIRST].experiment.base
    assert found.experiment.base == base.replace({"norm.momentum": 0.01})
    assert found.preset is None
    assert found.view == View(draws=9)


def test_controls_are_set_one_by_one_and_the_run_stays() -> None:
    found = replace(preset_address(FIRST), run="abc", hidden=frozenset({"data"}))
    changed = with_controls(found, {"view.shift": 1.5, "data.standardized": False})
    assert changed.view.shift == 1.5
    assert not changed.experiment.base.data.standardized
    assert (changed.run, changed.hidden) == (found.run, found.hidden)
    again = with_controls(changed, {"start": FIRST, "view.draws": 3})
    assert again.experiment == found.experiment
    assert (again.view.shift, again.view.draws) == (1.5, 3)


@pytest.mark.parametrize("variation", range(4))
def test_every_question_of_the_quiz_can_be_set_up(variation: int) -> None:
    for question in questions("train_vs_eval", variation=variation):
        found = with_controls(preset_address(FIRST), question.set_up)
        written = write(found)
        for name, value in question.set_up.items():
            if isinstance(value, str):
                assert name == "start" or written[name] == value
            else:
                assert float(written[name]) == value


def test_the_first_variant_with_batch_norm_is_asked() -> None:
    changes = {"none": {"norm.kind": "none"}, "a": {"norm.kind": "batch"}, "b": {}}
    base = PRESETS[FIRST].experiment.base
    assert variant_of(Experiment(base=base, variants=changes)) == "a"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"start": "nope"}, "start must be one of forgotten-eval"),
        ({"view.example": "first"}, "example must be a whole number from 1"),
        ({"view.companions": "1"}, "companions must be a whole number from 2"),
        ({"view.order": "up"}, "order must be one of shuffled, sorted"),
        ({"view.shift": "nan"}, "shift must be a number from -4 to 4"),
        ({"view.scale": "0"}, "scale must be a number from 0.1 to 10"),
        ({"view.nothing": "1"}, "nothing is not a field"),
        ({"variant.none": "norm.kind:none"}, "norm.kind must be batch on this page (got none"),
        ({"probe.layer": "5"}, "probe.layer must be 0 to 4"),
        ({"pace": "fast"}, "pace must be "),
        ({"hide": "everything"}, "hide must be one of"),
    ],
)
def test_a_bad_link_says_what_was_wrong(query: dict[str, str], words: str) -> None:
    with pytest.raises(SpecError) as error:
        read(query)
    assert words in str(error.value)
    assert str(error.value).endswith((".", ")"))
