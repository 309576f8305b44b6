"""What a viewer of a claim sees: what is open, links that open what they say, no early verdict."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest

from bnlab.claims import claim, claims
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.claims.findings import Finding
from bnlab.lab.claim_tests import ClaimRun, StudyProgress
from bnlab.live.claim_shown import ClaimView, opened, shown
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError
from bnlab.spec.links import from_query
from tests.results.sweeps.tables import a_table

FOUR = claim("learning_rate")
FIRST = next(iter(FOUR.studies))


def a_run(**changes: Any) -> ClaimRun:
    """A test of claim 4 of which the first study is over."""
    experiment = FOUR.studies[FIRST].experiment
    others = [name for name in FOUR.studies if name != FIRST]
    return ClaimRun(
        **{
            "id": "0" * 16,
            "claim": FOUR,
            "changes": {},
            "owner": "somebody",
            "started_at": 0.0,
            "studies": (
                StudyProgress(FIRST, 1.0, "abc", is_over=True),
                *map(StudyProgress, others),
            ),
            "evidence": Evidence({FIRST: (experiment, a_table(experiment))}, {}),
            **changes,
        }
    )


def query(link: str) -> dict[str, str]:
    return dict(parse_qsl(link, keep_blank_values=True))


def test_only_open_studies_have_figures_and_links() -> None:
    first, *others = shown(a_run(), ClaimView(open=(FIRST,)))["studies"]
    assert first["figures"][0]["title"].startswith("Validation accuracy")
    assert all(study["figures"] == [] and study["links"] is None for study in others)


def test_a_study_is_drawn_by_the_metric_that_is_looked_at() -> None:
    first, *_ = shown(a_run(), ClaimView(open=(FIRST,), metric="train_loss"))["studies"]
    assert first["figures"][0]["title"].startswith("Training loss")


def test_a_study_of_another_claim_is_refused_in_a_sentence() -> None:
    with pytest.raises(SpecError, match="open must be one of"):
        ClaimView(open=("elsewhere",)).fits(a_run())


def test_the_grid_opens_as_the_very_sweep_that_was_run() -> None:
    first, *_ = shown(a_run(), ClaimView(open=(FIRST,)))["studies"]
    said = query(first["links"]["sweep"])
    assert said.pop("run") == "abc"
    assert from_query(said) == FOUR.studies[FIRST].experiment


@pytest.mark.parametrize("name", claims())
def test_every_arm_opens_as_a_race_of_its_networks(name: str) -> None:
    one = claims()[name]
    names = tuple(one.studies)
    run = a_run(claim=one, studies=tuple(map(StudyProgress, names)), evidence=Evidence({}, {}))
    for study in shown(run, ClaimView(open=names))["studies"]:
        experiment = one.studies[study["name"]].experiment
        races = study["links"]["races"]
        if experiment.axes:
            assert [race["arm"] for race in races] == list(experiment.variants)
        for race in races:
            opened_race = from_query(query(race["query"]))
            assert not opened_race.axes
            assert set(opened_race.variants) == set(experiment.variants)


def test_an_arm_is_raced_at_its_best_learning_rate() -> None:
    experiment: Experiment = FOUR.studies[FIRST].experiment
    table = a_table(experiment)
    table.values["validation_accuracy"][:] = 0.5
    rates = experiment.axes["optimizer.lr"]
    seeds = experiment.seeds
    table.values["validation_accuracy"][3 * seeds : 4 * seeds] = 0.9  # of the first variant
    evidence = Evidence({FIRST: (experiment, table)}, {})
    first, *_ = shown(a_run(evidence=evidence), ClaimView(open=(FIRST,)))["studies"]
    assert float(query(first["links"]["races"][0]["query"])["optimizer.lr"]) == rates[3]


def test_no_verdict_is_shown_before_the_end() -> None:
    condition = FOUR.conditions[0]
    pairs = {condition.name: Pairs(np.full(8, 8.0), np.full(8, 1.0))}
    finding = Finding(condition.name, 3.0, 3.0, 3.0, 8, 0, 0, "supported")
    run = a_run(pairs=pairs, findings=(finding,))
    assert "supported" not in json.dumps(shown(run, ClaimView())["conditions"]).replace(
        "it is supported when", ""
    )
    over = replace(run, state="completed")
    assert "supported" in shown(over, ClaimView())["conditions"][0]["alt"]


def test_what_is_sent_is_json_that_every_browser_reads() -> None:
    run = a_run()
    for part in (opened(run), shown(run, ClaimView(open=(FIRST,)))):
        json.dumps(part, allow_nan=False)
