"""Claim 19: where labels are wrong, small ghost batches help a batch of all examples."""

from __future__ import annotations

from bnlab.claims import claim
from tests.claims.reduced import evidence_of, findings_in, reduced


def test_ghost_batches_help_where_labels_are_wrong() -> None:
    rates = {"optimizer.lr": (0.1, 0.3)}
    told = reduced(claim(19), seeds=3, base={"network.width": 32}, axes=rates)
    found = findings_in(told, evidence_of(told, ["30 % wrong labels"]))
    assert found["30 % wrong labels, ghost batches of 4"].effect > 0.5
