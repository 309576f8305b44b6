"""Trained networks asked in training mode."""

from __future__ import annotations

import numpy as np

from bnlab.spec.member import MemberSpec, NetworkSpec, NormSpec, OptimizerSpec
from tests.fleet.measurements.measured import measured

SPEC = MemberSpec(
    network=NetworkSpec(depth=2, width=32),
    norm=NormSpec(kind="batch"),
    optimizer=OptimizerSpec(lr=0.3),
    steps=80,
    evaluate_every=80,
)
KINDS = ("batch", "layer", "none")


def test_only_batch_norm_answers_otherwise_in_training_mode() -> None:
    specs = [SPEC.replace({"norm.kind": kind}) for kind in KINDS]
    answer = measured("forgotten_eval", specs, batch_sizes=(4.0, 50.0))
    assert answer["shuffled"].shape == answer["sorted_by_class"].shape == (3, 2)
    for order in ("shuffled", "sorted_by_class"):
        unlike = answer[order] - answer["eval"][:, None]
        np.testing.assert_allclose(unlike[1:], 0, atol=1e-6)
        assert unlike[0, 0] < -0.02
    assert (answer["eval"] > 0.85).all()
    assert answer["sorted_by_class"][0, 1] < 0.6


def test_each_network_is_answered_as_if_it_were_alone() -> None:
    specs = [SPEC.replace({"norm.kind": kind, "steps": 20}) for kind in KINDS]
    together = measured("forgotten_eval", specs, batch_sizes=(16,))
    for place, spec in enumerate(specs):
        alone = measured("forgotten_eval", [spec], batch_sizes=(16,))
        for name, values in alone.items():
            np.testing.assert_allclose(together[name][place], values[0], atol=0.011)
