"""Claim 15, at a reduced size: the slope of -1/2, and wrong labels under noise."""

from __future__ import annotations

import numpy as np

from bnlab.claims.catalog.noise_regularizes import CLAIM, LARGE, SMALL, slope
from tests.claims.reduced import findings_in, pairs_in, run_reduced


def test_noise_falls_as_one_over_the_root_of_the_batch_size() -> None:
    evidence = run_reduced(
        CLAIM, seeds=5, studies=("noise", "layer"), base={"steps": 60}, settings={"draws": 24}
    )
    found = findings_in(CLAIM, evidence)
    assert abs(found["Noise falls with the batch size, 32 to 256"].effect) < 0.05
    assert found["There is noise, batches of 64"].verdict == "supported"
    assert (slope(evidence, "raw", SMALL) > slope(evidence, "raw", LARGE)).all()


def test_noise_keeps_wrong_labels_from_being_learned_by_heart() -> None:
    evidence = run_reduced(
        CLAIM, seeds=3, studies=("labels",), base={"data.train_size": 256, "steps": 200}
    )
    for arm in ("groups of 4", "dropout"):
        pairs = pairs_in(CLAIM, evidence, f"Learned by heart, {arm} (check)")
        assert np.mean(pairs.first - pairs.second) > 0
