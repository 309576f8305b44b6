"""One claim that was put to the test as a JSON document: all numbers, and what they come from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from bnlab.claims.claim import Condition
from bnlab.claims.effects import effects
from bnlab.claims.findings import Finding
from bnlab.claims.protocol import protocol
from bnlab.claims.released import is_as_released
from bnlab.claims.words import finding_words, headline_words, reason_words
from bnlab.lab.claim_tests.record import ClaimRun
from bnlab.results.frames import Array
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
            "first": json_numbers(pairs.first),
            "second": json_numbers(pairs.second),
            "never_first": np.isinf(pairs.first).tolist(),
            "never_second": np.isinf(pairs.second).tolist(),
            "effects": json_numbers(effects(pairs, condition.scale).values),
        }
    if finding is not None:
        [effect, low, high] = json_numbers((finding.effect, finding.low, finding.high))
        document |= {
            "effect": effect,
            "low": low,
            "high": high,
            "n": finding.n,
            "never_first_count": finding.never_first,
            "never_second_count": finding.never_second,
            "left_out": finding.left_out,
            "verdict": finding.verdict,
            "words": finding_words(condition, finding),
            "rule": reason_words(condition, finding),
            "notes": list(finding.notes),
        }
    return document


def json_numbers(values: Array | Iterable[float]) -> list[float | None]:
    """Numbers for JSON, which has no NaN and no infinity: null for both."""
    return [float(value) if np.isfinite(value) else None for value in values]
