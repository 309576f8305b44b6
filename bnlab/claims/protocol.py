"""A name for how a claim is tested: a verdict belongs to the protocol that it was found by."""

from __future__ import annotations

import hashlib
import json

from bnlab.claims.claim import Claim


def protocol(claim: Claim) -> str:
    """Eight letters that change with the studies of a claim and the rules of its conditions.

    Words do not count, and fields at their defaults neither: a field that is added to specs later
    leaves the name as it is. Code does not count: after changing what a measurement does, or
    how pairs are read, measure the claim again.
    """
    decides = {
        "studies": [
            [
                name,
                study.experiment.model_dump(mode="json", exclude_defaults=True),
                study.measurement,
                sorted(dict(study.settings).items()),
            ]
            for name, study in claim.studies.items()
        ],
        "conditions": [
            [
                condition.name,
                condition.scale,
                condition.statistic,
                condition.smallest,
                condition.direction,
                condition.is_control,
            ]
            for condition in claim.conditions
        ],
    }
    return hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:8]
