"""Every claim is whole: it can be run, read, turned and judged, and says where it comes from."""

from __future__ import annotations

import math
import re
from inspect import signature
from typing import get_args

import numpy as np
import pytest

from bnlab.claims import NAMES, claim, claims
from bnlab.claims.claim import Claim, Condition, Verdict
from bnlab.claims.released import released
from bnlab.claims.words import finding_words, headline_words, reason_words
from bnlab.fleet.measurements import MEASUREMENTS
from bnlab.lab.claim_tests.reading import read
from bnlab.lab.limits import Limits
from bnlab.lab.workers.protocol.queries import MAX_JUDGED
from bnlab.results.sweeps.cells import cells_of
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError, field_at, value_at
from bnlab.spec.member import MemberSpec
from tests.claims.reduced import evidence_of, findings_in, pairs_in, reduced

FEWEST_SEEDS = 8
UNITS = {"points": "points", "factor": "x", "octaves": "octaves"}

every_claim = pytest.mark.parametrize("told", claims().values(), ids=claims())


def decisive(told: Claim) -> list[Condition]:
    return [condition for condition in told.conditions if not condition.is_control]


def experiments(told: Claim) -> list[Experiment]:
    return [study.experiment for study in told.studies.values()]


# --- all together --------------------------------------------------------------------------------


def test_claims_are_numbered_in_order_and_found_by_number_and_name() -> None:
    numbers = [one.number for one in claims().values()]
    assert numbers == sorted(set(numbers))
    assert [one.name for one in claims().values()] == list(NAMES)
    for one in claims().values():
        assert claim(one.number) is claim(str(one.number)) is claim(one.name.upper()) is one
    with pytest.raises(SpecError, match=r"claim must be one of .*4 \("):
        claim("nothing")


def test_no_two_claims_say_the_same() -> None:
    for said in ("title", "statement"):
        texts = [getattr(one, said) for one in claims().values()]
        assert len(set(texts)) == len(texts)


# --- studies -------------------------------------------------------------------------------------


@every_claim
def test_studies_are_experiments_that_this_lab_may_run(told: Claim) -> None:
    for study in told.studies.values():
        Limits().check(study.experiment)
        cells = cells_of(study.experiment)
        built = [cell.spec is not None for cell in cells]
        if study.measurement:
            assert all(built)
        else:
            assert study.experiment.axes
            assert np.mean(built) > 0.5


@every_claim
def test_measurements_exist_and_know_their_settings(told: Claim) -> None:
    for study in told.studies.values():
        if study.measurement:
            known = list(signature(MEASUREMENTS[study.measurement]).parameters)
            assert set(study.settings) <= set(known[1:])
        else:
            assert not study.settings


@every_claim
def test_seeds_are_enough_for_an_interval(told: Claim) -> None:
    assert min(experiment.seeds for experiment in experiments(told)) >= FEWEST_SEEDS


# --- conditions ----------------------------------------------------------------------------------


@every_claim
def test_conditions_have_names_units_and_the_smallest_effects_of_the_method(told: Claim) -> None:
    names = [condition.name for condition in told.conditions]
    assert len(set(names)) == len(names) <= MAX_JUDGED
    seeds = max(experiment.seeds for experiment in experiments(told))
    smallest = {
        "points": {1.0} | ({0.5} if seeds >= 16 else set()),
        "factor": {1.25},
        "octaves": {math.log2(1.25)},
    }
    for condition in told.conditions:
        assert condition.unit == UNITS.get(condition.scale, condition.unit) != ""
        assert condition.first != condition.second
        if condition.statistic != "range" and condition.direction != "equal":
            allowed = smallest.get(condition.scale, {condition.smallest})
            assert any(condition.smallest == pytest.approx(one) for one in allowed), condition.name


@every_claim
def test_there_is_a_control_arm_or_a_word_why_not(told: Claim) -> None:
    rivals = " ".join(f"{rival.name} {rival.words}" for rival in told.rivals)
    said = f"{told.note} {told.explanation} {rivals}".lower()
    has_control = any(condition.is_control for condition in told.conditions)
    assert has_control or "control" in said


@every_claim
def test_nothing_known_yet_reads_as_nothing(told: Claim) -> None:
    evidence = evidence_of(told, studies=())
    reading = read(told, evidence)
    assert not reading.broken
    for name, pairs in reading.pairs.items():
        assert np.isnan(np.stack([pairs.first, pairs.second])).any(0).all(), name
    found = findings_in(told, evidence)
    assert {finding.n for finding in found.values()} == {0}
    assert headline_words(told, tuple(found.values())) == ("No verdict yet.",)


@every_claim
def test_finished_studies_read_as_a_pair_a_seed(told: Claim) -> None:
    smaller = reduced(told, seeds=2, base={"steps": 4, "evaluate_every": 2})
    evidence = evidence_of(smaller, is_by_chance=True)
    found = findings_in(smaller, evidence)
    for condition in smaller.conditions:
        pairs = pairs_in(smaller, evidence, condition.name)
        assert pairs.first.shape == pairs.second.shape == (2,), condition.name
        assert finding_words(condition, found[condition.name]).endswith(".")
        assert reason_words(condition, found[condition.name]).startswith("No verdict yet")


# --- what a learner reads ------------------------------------------------------------------------


@every_claim
def test_texts_are_sentences(told: Claim) -> None:
    texts = [
        told.statement, told.belief, told.explanation, told.would_change,
        *([told.note] if told.note else []),
        *told.meaning.values(),
        *(study.words for study in told.studies.values()),
        *(condition.expected for condition in told.conditions),
        *(rival.words for rival in told.rivals),
        *(dial.words for dial in told.dials),
        *(source.found for source in told.sources),
    ]  # fmt: skip
    for text in texts:
        assert re.fullmatch(r"([^a-z\s]|x_hat )(.|\n)*[.?!]", text), text
        assert "  " not in text
    for label in (told.title, *(c.name for c in told.conditions), *(r.name for r in told.rivals)):
        assert label == label.strip() != ""
        assert not label.endswith(".")


@every_claim
def test_headlines_that_can_come_have_a_meaning(told: Claim) -> None:
    assert set(told.meaning) <= {*get_args(Verdict), "depends"}
    assert set(told.meaning) & set(get_args(Verdict))
    assert ("depends" in told.meaning) == (len(decisive(told)) > 1)
    if told.name in released():
        assert released()[told.name].headline in told.meaning


@every_claim
def test_sources_have_an_address_or_a_title(told: Claim) -> None:
    assert told.sources
    for source in told.sources:
        assert source.authors
        assert 1900 < source.year < 2030
        assert source.link or len(source.where) > 5
        if re.search(r"\d{4}\.\d{4,5}", source.where):
            assert source.link == f"https://arxiv.org/abs/{source.where}"


@every_claim
def test_dials_turn_a_study_to_each_of_their_values(told: Claim) -> None:
    assert told.dials
    for dial in told.dials:
        if dial.path == "seeds":
            continue
        field_at(dial.path, MemberSpec)
        values = [value_at(dial.path, MemberSpec, value) for value in dial.values]
        own = {_value(experiment.base, dial.path) for experiment in experiments(told)}
        assert len(set(values)) == len(values) > 1
        assert own & set(values)
        for value in dial.values:
            turned = told.turned({dial.path: value})
            is_there = [_value(e.base, dial.path) == value for e in experiments(turned)]
            assert any(is_there), (dial.path, value)
            assert experiments(turned) != experiments(told) or value in own


def _value(spec: MemberSpec, path: str) -> object:
    found: object = spec
    for part in path.split("."):
        found = getattr(found, part)
    return found
