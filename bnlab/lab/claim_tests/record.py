"""The record of one test of a claim: what was asked for, and the results so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bnlab.claims.claim import Claim, Headline
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.claims.findings import Finding, headline
from bnlab.spec.fields import Scalar

ClaimState = Literal["running", "completed", "cancelled", "failed", "interrupted"]


@dataclass(frozen=True)
class StudyProgress:
    """How far one study has come."""

    name: str
    done: float = 0.0  # share, 0 to 1
    run_id: str | None = None  # of its sweep, once there is one; a measured study has none
    is_over: bool = False


@dataclass(frozen=True)
class ClaimRun:
    """One test of a claim: a snapshot, replaced by the next.

    Endings: `completed` (all studies are over; `problems` says what is missing), `cancelled`
    (stopped by a person; what was done is kept), `failed` (a study or a condition broke),
    `interrupted` (the server stopped). `reason` says why, in one sentence.
    """

    id: str
    claim: Claim  # with its dials as they were set
    changes: Mapping[str, Scalar]
    owner: str  # id of the browser that started it and may stop it
    started_at: float  # seconds since 1970
    studies: tuple[StudyProgress, ...]
    state: ClaimState = "running"
    reason: str = ""
    version: int = 0
    seconds: float = 0.0  # from its start to its end
    machine: str = ""  # where it runs, in words; empty until a worker is ready
    evidence: Evidence = field(default_factory=lambda: Evidence({}, {}))
    pairs: Mapping[str, Pairs] = field(
        default_factory=dict
    )  # by condition, as far as they are known
    # Verdicts are given only where all studies of a condition are over.
    findings: tuple[Finding, ...] = ()
    problems: tuple[str, ...] = ()  # lost seeds, arms that diverged: sentences

    @property
    def number(self) -> int:
        """Of the claim."""
        return self.claim.number

    @property
    def seeds(self) -> int:
        """The largest number of seeds of a study."""
        return self.claim.seeds

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state != "running"

    @property
    def headline(self) -> Headline | None:
        """One word for all conditions, once all have a verdict."""
        return headline(self.claim, self.findings) if self.findings else None
