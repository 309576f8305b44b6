"""What each preset says happens does happen, on seeds that it was not tuned on."""

from __future__ import annotations

import functools
import subprocess
import sys

import numpy as np
import pytest

from bnlab.figures.board import panels
from bnlab.fleet.plan import plan_fleets
from bnlab.fleet.train import Training
from bnlab.lessons.presets import PRESETS
from bnlab.lessons.presets.preset import InTheMedian, Raced, RacePreset
from bnlab.lessons.questions import Choice
from bnlab.results.curves import Condition, Curves, holds
from bnlab.results.frames import merge_frames
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import flatten
from bnlab.spec.links import from_query, to_query
from bnlab.spec.member import parse

SEEDS = range(100, 110)
MOST_WORDS = 30

by_name = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS.keys())


@functools.cache
def measured(name: str) -> tuple[Experiment, Curves]:
    """A preset's experiment on all fresh seeds at once, trained to the end."""
    document = PRESETS[name].experiment.model_dump()
    document["seeds"], document["base"]["seed"] = len(SEEDS), SEEDS[0]
    experiment = parse(Experiment, document)
    plans = plan_fleets(experiment)
    trainings = [Training(plan) for plan in plans]
    for _ in range(experiment.base.steps):
        for training in trainings:
            training.step()
    last = merge_frames(
        [training.look((), pictures=False) for training in trainings],
        members=[plan.members for plan in plans],
        watched=[plan.watched for plan in plans],
    )
    return experiment, Curves.from_arrays(vars(last))


def conditions_of(choice: Choice[Raced]) -> tuple[Condition, ...]:
    assert isinstance(choice.holds, InTheMedian)
    return choice.holds.conditions


@by_name
def test_the_statement_holds_in_nine_of_ten_fresh_seeds(preset: RacePreset) -> None:
    experiment, curves = measured(preset.name)
    values = {
        f"{c.variant} {c.measure}": np.round(c.values(experiment, curves), 3)
        for c in preset.statement
    }
    assert holds(preset.statement, experiment, curves).sum() >= 9, values


@by_name
def test_the_question_has_the_same_answer_whichever_seed_is_run(preset: RacePreset) -> None:
    experiment, curves = measured(preset.name)
    typical = preset.question.true_answer(Raced(experiment, curves))
    assert typical is not None
    of_each = [holds(conditions_of(c), experiment, curves) for c in preset.question.choices]
    place = preset.question.answers.index(typical)
    of_seeds = np.all([*np.logical_not(of_each[:place]), of_each[place]], axis=0)
    assert of_seeds.sum() >= 8, typical


@by_name
def test_what_there_is_to_see_takes_eight_to_fifteen_seconds(preset: RacePreset) -> None:
    assert 8 <= preset.experiment.base.steps / preset.pace <= 15


@by_name
def test_variants_differ_in_what_the_preset_is_about_and_in_nothing_else(
    preset: RacePreset,
) -> None:
    differences = preset.experiment.differences()
    allowed = 2 if preset.name == "wild-inputs" else 1  # there the norm comes in two places
    assert 1 <= len(differences) <= allowed


@by_name
def test_a_preset_survives_its_link(preset: RacePreset) -> None:
    assert from_query(to_query(preset.experiment)) == preset.experiment


@by_name
def test_words_are_short_and_name_their_source(preset: RacePreset) -> None:
    assert len(preset.title.split()) <= 8
    assert len(preset.story.split()) <= MOST_WORDS
    assert preset.story.endswith(("?", ".", "!"))
    assert 2 <= preset.why.count(". ") <= 4
    assert "Source: " in preset.why
    assert len(set(preset.question.answers)) >= 2


@by_name
def test_statements_and_answers_speak_of_variants_that_there_are(preset: RacePreset) -> None:
    conditions = [
        *preset.statement,
        *(condition for choice in preset.question.choices for condition in conditions_of(choice)),
    ]
    for condition in conditions:
        assert condition.variants <= set(preset.experiment.variants)


@by_name
def test_the_panels_shown_first_are_panels_of_the_experiment(preset: RacePreset) -> None:
    there = {panel["id"] for panel in panels(preset.experiment)}
    assert set(preset.panels) <= there
    assert {"loss", "accuracy"} <= set(preset.panels)


def test_no_two_presets_are_the_same_experiment() -> None:
    forms = {
        repr(flatten(p.experiment.base)) + repr(p.experiment.variants) for p in PRESETS.values()
    }
    assert len(forms) == len(PRESETS) >= 10


def test_presets_questions_and_commentary_need_no_heavy_library() -> None:
    code = (
        "import sys, bnlab.lessons.presets, bnlab.lessons.commentary;"
        "import bnlab.export.script, bnlab.results.curves;"
        "print(sorted({'torch', 'sklearn', 'scipy', 'plotly', 'streamlit', 'pandas'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
