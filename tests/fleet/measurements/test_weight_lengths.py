"""The length of weights: by Pythagoras with batch norm, by the spec's own weights without."""

from __future__ import annotations

import numpy as np

from bnlab.fleet.nn.init import first_weight
from tests.fleet.measurements.measured import measured
from tests.fleet.reference import small


def test_steps_with_batch_norm_are_at_right_angles_to_the_weights() -> None:
    spec = small(norm__kind="batch", norm__eps=1e-12, steps=20, optimizer__lr=0.5)
    found = measured("weight_lengths", [spec, spec.replace({"optimizer.lr": 2.0})])
    np.testing.assert_allclose(found["end"], found["start"] + found["moved"], rtol=1e-8)
    assert (found["grew"] == 1).all()


def test_the_first_length_is_that_of_the_first_weights() -> None:
    specs = [small(network__gain=gain, steps=1) for gain in (1.0, 3.0)]
    found = measured("weight_lengths", specs)
    for layer in range(specs[0].network.depth):
        squares = [np.square(first_weight(spec, layer)).sum() for spec in specs]
        np.testing.assert_allclose(found["start"][:, layer], squares, rtol=1e-6)
    np.testing.assert_allclose(found["start"][1] / found["start"][0], 9, rtol=1e-6)


def test_weight_decay_alone_shortens_by_its_factor() -> None:
    """At a tiny rate gradients hardly count: ||W|| (1 - lr decay)^T."""
    spec = small(norm__kind="batch", steps=5, optimizer__lr=1e-4, optimizer__weight_decay=10.0)
    found = measured("weight_lengths", [spec])
    assert (found["grew"] == 0).all()
    shrunk = (1 - 1e-4 * 10.0) ** (2 * spec.steps)
    np.testing.assert_allclose(found["end"] / found["start"], shrunk, rtol=1e-3)


def test_answers_come_in_the_order_of_the_specs() -> None:
    specs = [small(norm__kind=kind, steps=3) for kind in ("none", "batch", "none")]
    together = measured("weight_lengths", specs)
    for place, spec in enumerate(specs):
        alone = measured("weight_lengths", [spec])
        for name, values in alone.items():
            np.testing.assert_allclose(together[name][place], values[0], rtol=1e-9)
