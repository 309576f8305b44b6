"""Tests of claims: their studies are trained and measured, their conditions judged."""

from bnlab.lab.claim_tests.record import ClaimRun, ClaimState, StudyProgress
from bnlab.lab.claim_tests.runs import ClaimTests, close_claim_tests, get_claim_tests

__all__ = [
    "ClaimRun",
    "ClaimState",
    "ClaimTests",
    "StudyProgress",
    "close_claim_tests",
    "get_claim_tests",
]
