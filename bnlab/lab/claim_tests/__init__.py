"""Claims put to the test: their studies trained and measured, their conditions judged."""

from bnlab.lab.claim_tests.record import ClaimRun, ClaimState, StudyProgress
from bnlab.lab.claim_tests.runs import ClaimRuns

__all__ = ["ClaimRun", "ClaimRuns", "ClaimState", "StudyProgress"]
