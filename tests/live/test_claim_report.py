"""The report of claims: one web page that needs nothing else, and the same from the claims page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape

import pytest
from starlette.testclient import TestClient

from bnlab.claims.words import finding_words, headline_words, reason_words
from bnlab.export.claim_report import report_document, report_entries
from bnlab.export.web_pages import claim_page
from bnlab.lab.claim_tests import ClaimRun, ClaimTests
from bnlab.live.access import run_token
from bnlab.versions import VERSION, versions
from tests.lab.tiny_claims import BOTH, measured_study, tiny_claim, trained_study
from tests.live.viewer import OWNER, SECRET
from tests.server import ROOT

CLAIM = tiny_claim({"trained": trained_study(), "measured": measured_study()}, BOTH)


@pytest.fixture(scope="module")
def ended(claim_tests: ClaimTests) -> ClaimRun:
    """A claim that has been put to the test."""
    run_id = claim_tests.start(CLAIM, owner=OWNER)
    version = -1
    while not (run := claim_tests.wait(run_id, version, timeout_s=30)).has_ended:
        version = run.version
    return run


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


def test_the_page_of_a_claim_offers_the_same_report(client: TestClient, ended: ClaimRun) -> None:
    path = f"/base/api/claim/{ended.id}/report.html"
    answer = client.get(path, params={"token": run_token(ended.id, secret=SECRET)})
    assert answer.status_code == 200
    assert answer.text == claim_page([ended])
    assert answer.headers["content-disposition"].startswith("attachment")
    assert client.get(path).status_code == 403


def test_the_version_is_that_of_the_package() -> None:
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text()
