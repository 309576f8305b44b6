"""Training on minibatches of few classes."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from bnlab.data.datasets import load
from bnlab.fleet.measurements.two_classes import class_minibatches
from bnlab.spec.data import DataSpec
from bnlab.spec.member import MemberSpec, NetworkSpec, NormSpec, OptimizerSpec
from tests.fleet.measurements.measured import measured

LABELS = load(DataSpec(name="digits"), 0).y_train
SPEC = MemberSpec(
    network=NetworkSpec(depth=2, width=32),
    norm=NormSpec(kind="batch", groups=4),
    optimizer=OptimizerSpec(lr=0.1),
    batch_size=60,
    steps=150,
    evaluate_every=150,
)


@pytest.mark.parametrize("classes", [1, 2, 10])
def test_minibatches_hold_equally_many_examples_of_so_many_classes(classes: int) -> None:
    drawn = class_minibatches(LABELS, classes=classes, batch_size=60, seed=0)
    seen = set()
    for index in islice(drawn, 50):
        names, counts = np.unique(LABELS[index], return_counts=True)
        assert len(names) == classes
        assert (counts == 60 // classes).all()
        assert len(set(index.tolist())) == 60
        seen |= set(names.tolist())
    assert seen == set(range(10))


def test_a_class_of_few_examples_gives_them_more_than_once() -> None:
    drawn = class_minibatches(np.array([0, 0, 0, 1, 1]), classes=2, batch_size=8, seed=0)
    assert len(next(drawn)) == 8


def test_minibatches_of_two_classes_harm_batch_norm_and_hardly_group_norm() -> None:
    specs = [SPEC.replace({"norm.kind": kind, "optimizer.lr": 0.3}) for kind in ("batch", "group")]
    of_two = measured("two_classes", specs)
    mixed = measured("two_classes", specs, classes=10)
    assert (mixed["test"] > 0.9).all()
    lost = mixed["test"] - of_two["test"]
    assert lost[0] > 0.1
    assert abs(lost[1]) < 0.05


def test_networks_of_unlike_structure_are_answered_in_their_order() -> None:
    kinds = ("batch", "group", "batch", "none")
    specs = [
        SPEC.replace({"norm.kind": kind, "optimizer.lr": 0.1 / (place + 1), "steps": 20})
        for place, kind in enumerate(kinds)
    ]
    together = measured("two_classes", specs)
    for place, spec in enumerate(specs):
        alone = measured("two_classes", [spec])
        for name, values in alone.items():
            np.testing.assert_allclose(together[name][place], values[0], atol=0.011)
