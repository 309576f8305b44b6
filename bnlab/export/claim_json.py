"""One claim that was put to the test as a JSON document: all numbers, and what they come from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from bnlab.claims.claim import Condition
from bnlab.claims.effects import effects
from bnlab.claims.findings import Finding
from bnlab.claims.protocol import protocol
from bnlab.claims.released import is_as_released
from bnlab.claims.words import finding_words, headline_words, reason_words
from bnlab.export.text import plain
from bnlab.lab.claim_tests.record import ClaimRun
from bnlab.versions import versions


def claim_document(run: ClaimRun) -> dict[str, Any]:
    """Everything known of a claim run but the curves of its networks; null: there is no number."""
    claim = run.claim
    found = {finding.condition: finding for finding in run.findings}
    return {
        "format": "bnlab claim 1",
        "id": run.id,
        "claim": claim.number,
        "name": claim.name,
        "title": claim.title,
        "protocol": protocol(claim),
        "versions": versions(),
        "statement": claim.statement,
        "state": run.state,
        "reason": run.reason,
        "problems": list(run.problems),
        "machine": run.machine,
        "started_at": run.started_at,
        "seconds": run.seconds,
        "seeds": run.seeds,
        "changes": dict(run.changes),
        "headline": run.headline,
        "words": list(
            headline_words(claim, run.findings, is_as_released=is_as_released(claim, run.findings))
        )
        if run.findings
        else [],
        "conditions": [
            _condition(run, condition, found.get(condition.name)) for condition in claim.conditions
        ],
        "studies": [
            {
                "name": name,
                "words": study.words,
                "measurement": study.measurement,
                "settings": dict(study.settings),
                "experiment": study.experiment.model_dump(mode="json"),
            }
            for name, study in claim.studies.items()
        ],
    }


def _condition(run: ClaimRun, condition: Condition, finding: Finding | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": condition.name,
        "first": condition.first,
        "second": condition.second,
        "metric": condition.metric,
        "unit": condition.unit,
        "smallest": condition.smallest,
        "direction": condition.direction,
        "is_control": condition.is_control,
        "expected": condition.expected,
    }
    pairs = run.pairs.get(condition.name)
    if pairs is not None:
        document["pairs"] = {
            "first": plain(pairs.first),
            "second": plain(pairs.second),
            "never_first": np.isinf(pairs.first).tolist(),
            "never_second": np.isinf(pairs.second).tolist(),
            "effects": plain(effects(pairs, condition.scale).values),
        }
    if finding is not None:
        # In "pairs" the bare names say it of each seed.
        counted = {"never_first": "never_first_count", "never_second": "never_second_count"}
        numbers = finding_numbers(finding)
        document |= {counted.get(name, name): value for name, value in numbers.items()} | {
            "words": finding_words(condition, finding),
            "rule": reason_words(condition, finding),
        }
    return document


def finding_numbers(finding: Finding) -> dict[str, Any]:
    """Effect, interval, counts, verdict and notes of a finding; null: there is no number."""
    document = asdict(finding) | {"notes": list(finding.notes)}
    document |= {name: plain(np.float64(document[name])) for name in ("effect", "low", "high")}
    del document["condition"]
    return document
