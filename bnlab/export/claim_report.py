"""Claims that were put to the test, as a report: a web page and a JSON document."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bnlab.claims.findings import Finding
from bnlab.export.claim_json import claim_document, finding_numbers
from bnlab.export.web_pages import claim_page
from bnlab.lab.claim_tests.record import ClaimRun
from bnlab.versions import versions

_NOTHING = Finding("", math.nan, math.nan, math.nan, 0, 0, 0, None)


def report_entries(runs: Sequence[ClaimRun]) -> list[dict[str, Any]]:
    """An entry a condition, in the order of the claims; null: there is no number, or no verdict."""
    return [entry for run in runs for entry in _entries(run)]


def _entries(run: ClaimRun) -> list[dict[str, Any]]:
    found = {finding.condition: finding for finding in run.findings}
    return [
        {
            "claim": run.number,
            "name": run.claim.name,
            "condition": condition.name,
            "unit": condition.unit,
            "seconds": round(run.seconds, 3),  # of the whole claim
            "is_control": condition.is_control,
            "expected": condition.expected,
            "headline": run.headline,
            "state": run.state,
            **finding_numbers(found.get(condition.name, _NOTHING)),
        }
        for condition in run.claim.conditions
    ]


def report_document(runs: Sequence[ClaimRun]) -> dict[str, Any]:
    """All of a report but the figures; null: there is no number."""
    return {
        "format": "bnlab claims 1",
        "versions": versions(),
        "written_at": time.time(),
        "conditions": report_entries(runs),
        "claims": [claim_document(run) for run in runs],
    }


def write_report(runs: Sequence[ClaimRun], folder: Path) -> None:
    """Write report.html and report.json; each is there whole, or as it was before."""
    _write(folder / "report.json", json.dumps(report_document(runs), indent=1, allow_nan=False))
    _write(folder / "report.html", claim_page(runs))


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
