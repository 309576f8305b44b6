"""The verdicts that are shipped: what the file holds, what page and README say of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bnlab.api.claims import put_to_the_test
from bnlab.claims import claims
from bnlab.claims.claim import Claim
from bnlab.claims.findings import headline
from bnlab.claims.markdown import claims_document, readme_table
from bnlab.claims.protocol import protocol
from bnlab.claims.release import DOCUMENT, README, Outcome, release, with_table
from bnlab.claims.released import all_released, is_as_released, released
from bnlab.export.claim_report import report_document
from tests.lab.tiny_claims import BOTH, measured_study, tiny_claim, trained_study

TINY = tiny_claim({"trained": trained_study(), "measured": measured_study()}, BOTH)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Claim:
    """The tiny claim, as if it were the only one there is."""
    for module in ("release", "released", "markdown"):
        monkeypatch.setattr(f"bnlab.claims.{module}.claims", lambda: {TINY.name: TINY})
    return TINY


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A release that holds no verdict yet."""
    path = tmp_path / "released.json"
    path.write_text('{"format": "bnlab released claims 1", "claims": {}}')
    return path


def test_a_released_verdict_is_of_the_claim_as_it_is_tested_now() -> None:
    for name, found in all_released().items():
        claim = claims()[name]
        assert found.protocol == protocol(claim), f"make claims NAMES={name} measures it again"
        assert found.claim == claim.number
        assert [one.condition for one in found.conditions] == [one.name for one in claim.conditions]


def test_a_released_headline_follows_from_its_verdicts() -> None:
    for name, found in released().items():
        assert found.headline == headline(claims()[name], found.findings)


def test_verdicts_are_as_released_until_one_of_them_differs() -> None:
    for name, found in released().items():
        claim, findings = claims()[name], found.findings
        assert is_as_released(claim, findings)
        control = next(
            one.is_control for one in claim.conditions if one.name == findings[0].condition
        )
        changed = (replace(findings[0], verdict=None), *findings[1:])
        assert is_as_released(claim, changed) == control


def test_the_documents_have_the_released_verdicts() -> None:
    text = README.read_text(encoding="utf-8")
    wanted = with_table(text, readme_table(released()))
    assert text == wanted, "python -m bnlab.claims.release writes the table"
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == claims_document(released()), "python -m bnlab.claims.release writes it"


def test_the_document_has_every_condition_and_the_readme_a_line_per_claim() -> None:
    found = released()
    lines = claims_document(found).splitlines()
    rows = [line for line in lines if line.startswith("| ") and "| condition |" not in line]
    assert len(rows) - len(found) == sum(len(one.conditions) for one in found.values())
    assert all(line.count("|") == 4 for line in lines if line.startswith("|"))
    assert len(readme_table(found).splitlines()) == 2 + len(found)


def test_a_report_becomes_a_release_with_the_same_findings(known: Claim, empty: Path) -> None:
    run = put_to_the_test(known, is_quiet=True)
    report = json.loads(json.dumps(report_document([run])))
    assert release(report, empty) == Outcome(taken=("tiny",), refused=())
    found = all_released(empty)["tiny"]
    assert found.findings == run.findings
    assert found.headline == run.headline
    assert (found.seeds, found.machine, found.seconds) == (6, run.machine, run.seconds)
    assert "6 seeds" in found.where
    assert "| 99. Tiny |" in readme_table({"tiny": found})
    again = empty.read_bytes()
    assert release({"claims": []}, empty).taken == ()  # what a report does not have stays
    assert empty.read_bytes() == again


def test_only_the_claim_as_it_stands_is_released(known: Claim, empty: Path) -> None:
    report = report_document([put_to_the_test(known, seeds=5, is_quiet=True)])
    [refusal] = release(report, empty).refused
    assert "must be the claim as its file has it" in refusal
    report["claims"][0] |= {"state": "cancelled"}
    [refusal] = release(report, empty).refused
    assert "must be a completed test" in refusal
    assert all_released(empty) == {}


def test_what_decides_has_a_name_and_words_have_not() -> None:
    more_seeds = TINY.turned({}, seeds=7)
    assert protocol(more_seeds) != protocol(TINY)
    assert protocol(replace(TINY, explanation="Otherwise.")) == protocol(TINY)
    fewer = replace(TINY, conditions=TINY.conditions[:1])
    assert protocol(fewer) != protocol(TINY)
