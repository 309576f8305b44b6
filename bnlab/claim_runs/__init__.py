"""Claims put to the test: their studies trained and measured, their conditions judged."""

from bnlab.claim_runs.record import ClaimRun, ClaimState, StudyProgress
from bnlab.claim_runs.runs import ClaimRuns

__all__ = ["ClaimRun", "ClaimRuns", "ClaimState", "StudyProgress"]
