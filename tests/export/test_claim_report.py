"""The report of claims: one web page that needs nothing else, and all numbers as JSON."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape

import pytest

from bnlab.claims.words import finding_words, headline_words, reason_words
from bnlab.export.claim_report import report_document, report_entries
from bnlab.export.web_pages import claim_page
from bnlab.lab.claim_tests import ClaimRun
from bnlab.versions import VERSION, versions
from tests.claims.reduced import evidence_of, findings_in
from tests.lab.tiny_claims import BOTH, measured_study, tiny_claim, trained_study
from tests.server import ROOT

CLAIM = tiny_claim({"trained": trained_study(), "measured": measured_study()}, BOTH)


@pytest.fixture(scope="module")
def ended() -> ClaimRun:
    """A claim that has been tested, in this process."""
    evidence = evidence_of(CLAIM)
    return ClaimRun(
        id="0" * 16,
        claim=CLAIM,
        changes={},
        owner="",
        started_at=0.0,
        studies=(),
        state="completed",
        machine="a machine",
        evidence=evidence,
        pairs={one.name: one.pairs(evidence) for one in CLAIM.conditions},
        findings=tuple(findings_in(CLAIM, evidence).values()),
    )


def figures_of(page: str) -> list[dict[str, object]]:
    found = re.findall(r'<script type="application/json">(.*?)</script>', page)
    return [json.loads(text) for text in found]


def test_the_page_says_what_was_found_and_how(ended: ClaimRun) -> None:
    page = claim_page([ended])
    said = [*headline_words(ended.claim, ended.findings)]
    for condition, finding in zip(CLAIM.conditions, ended.findings, strict=True):
        said += [finding_words(condition, finding), reason_words(condition, finding)]
    said += [f"{name} {version}" for name, version in versions().items()]
    said += [CLAIM.statement, ended.machine, "6 seeds"]
    assert [text for text in said if text not in unescape(page)] == []
    assert '"evaluate_every"' in unescape(page)  # the specification of a study


def test_the_page_draws_conditions_and_sweeps_and_needs_no_network(ended: ClaimRun) -> None:
    page = claim_page([ended])
    conditions, curves = figures_of(page)
    assert conditions.keys() == curves.keys() == {"data", "layout"}
    assert "{" not in str(conditions["layout"]["paper_bgcolor"])  # type: ignore[index]
    assert re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=", page) == []
    assert "Plotly.newPlot(place" in page


def test_texts_cannot_end_what_they_stand_in(ended: ClaimRun) -> None:
    hostile = "</script><script>alert(1)</script>"
    condition = replace(CLAIM.conditions[0], name=hostile)
    found = replace(ended.findings[0], condition=hostile)
    claim = replace(CLAIM, conditions=(condition,), statement=hostile)
    run = replace(ended, claim=claim, findings=(found,), pairs={})
    page = claim_page([run])
    assert "<script>alert" not in page
    assert len(figures_of(page)) == 2


def test_several_claims_have_an_overview_with_the_way_to_each(ended: ClaimRun) -> None:
    page = claim_page([ended, replace(ended, claim=replace(CLAIM, number=7))])
    assert set(re.findall(r'href="#([\w-]+)"', page)) == {"claim-99", "claim-7"}
    assert set(re.findall(r'id="([\w-]+)"', page)) >= {"claim-99", "claim-7"}


def test_what_is_not_known_is_null(ended: ClaimRun) -> None:
    early = replace(ended, findings=(), pairs={}, state="cancelled")
    entries = report_entries([early])
    assert [(one["effect"], one["n"], one["verdict"]) for one in entries] == [(None, 0, None)] * 2
    document = report_document([early])
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert "No verdict." in claim_page([early])


def test_the_version_is_that_of_the_package() -> None:
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text()
