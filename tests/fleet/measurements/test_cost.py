"""What a step costs, measured."""

from __future__ import annotations

import numpy as np
import torch

from bnlab.fleet.evaluate import score
from bnlab.fleet.measurements.cost import step_seconds
from bnlab.fleet.train import Fleet
from bnlab.results.frames import Array
from tests.fleet.reference import fleet_of, small, training_of


def _finished(**settings: int) -> Array:
    measuring = step_seconds([small(norm__kind="none"), small(norm__kind="batch")], **settings)
    while True:
        try:
            next(measuring)
        except StopIteration as end:
            return np.asarray(end.value["seconds"])


def test_every_network_is_timed_alone() -> None:
    seconds = _finished(rounds=3, steps=2)
    assert seconds.shape == (2,)
    assert (seconds > 0).all()


def test_steps_made_one_by_one_are_those_of_the_training_loop() -> None:
    spec = small(norm__kind="batch", network__dropout=0.2, steps=7)
    report = training_of(fleet_of(spec), dtype=torch.float32).report()
    with torch.inference_mode():
        fleet = Fleet(fleet_of(spec))
        for _ in range(spec.steps):
            fleet.step()
        loss, _ = score(fleet.network, fleet.feed.part("validation"))
    np.testing.assert_array_equal(report.validation_loss, loss.numpy())
