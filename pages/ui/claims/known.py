"""What is known about a claim: from this browser's own newest test, or from the release."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from bnlab.claims.claim import Claim, Headline
from bnlab.claims.findings import Finding
from bnlab.claims.released import released
from bnlab.lab.claim_tests import ClaimRun, get_claim_tests
from bnlab.versions import versions
from pages.ui.shared import runs


@dataclass(frozen=True)
class Known:
    """The verdict of a claim, and where it comes from."""

    headline: Headline | None
    findings: tuple[Finding, ...]
    where: str  # when and where it was measured, how many seeds, how long: one line
    run: str | None  # this browser's test; None: the release's


def known(claim: Claim) -> Known | None:
    """What is known about a claim as it stands, variations aside; None: nothing."""
    run = own(claim)
    if run is None:
        return shipped(claim)
    return Known(run.headline, run.findings, run_words(run), run.id)


def shipped(claim: Claim) -> Known | None:
    """What the release measured; None: nothing, or it was tested in another way then."""
    found = released().get(claim.name)
    return Known(found.headline, found.findings, found.where, None) if found else None


def own(claim: Claim) -> ClaimRun | None:
    """This browser's newest test of the claim as it stands that has come to a verdict."""
    return next((run for run in _own(claim) if run.headline is not None), None)


def newest(claim: Claim) -> ClaimRun | None:
    """This browser's newest test of the claim as it stands, running or ended."""
    return next(_own(claim), None)


def _own(claim: Claim) -> Iterator[ClaimRun]:
    """This browser's tests of the claim as it stands, the newest first."""
    browser = runs.this_browser()
    for run in reversed(get_claim_tests().log.runs()):
        if run.claim.name == claim.name and run.owner == browser and not run.changes:
            yield run


def run_words(run: ClaimRun) -> str:
    """When and where a test was made, with how many seeds, and how long it took."""
    at = time.strftime("%H:%M", time.localtime(run.started_at))
    return (
        f"Run here at {at} with BN Lab {versions()['BN Lab']}, on {run.machine}, "
        f"{run.seeds} seeds, {run.seconds:.0f} s."
    )
