"""What was found for the conditions of a claim, and the headline that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bnlab.claims.claim import Claim, Headline, Verdict

FEWEST_PAIRS = 5  # with fewer there is no verdict


@dataclass(frozen=True)
class Finding:
    """The comparison of one condition over the seeds; numbers in the condition's unit."""

    condition: str
    effect: float  # NaN: nothing to compare yet
    low: float  # ends of the 95 % interval; NaN with fewer than two pairs
    high: float
    n: int  # pairs that were compared
    never_first: int  # of them: the first never reached its target
    never_second: int
    verdict: Verdict | None  # None: fewer than FEWEST_PAIRS pairs
    notes: tuple[str, ...] = ()
    left_out: int = 0  # measured, but not comparable: neither got there, or a ratio with 0


def headline(claim: Claim, findings: Sequence[Finding]) -> Headline | None:
    """One word for all conditions except controls; None while one of them has no verdict."""
    controls = {condition.name for condition in claim.conditions if condition.is_control}
    verdicts = {finding.verdict for finding in findings if finding.condition not in controls}
    if not verdicts or None in verdicts:
        return None
    return verdicts.pop() if len(verdicts) == 1 else "depends"
