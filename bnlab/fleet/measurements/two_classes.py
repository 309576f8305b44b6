"""Networks trained on minibatches of two classes each, or on the usual mixed ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from bnlab.data.datasets import Integers
from bnlab.fleet.evaluate import score
from bnlab.fleet.inspect.questions import to_numpy
from bnlab.fleet.measurements.fleets import Measuring, accuracy, by_fleet, fleet_of
from bnlab.fleet.minibatches import Feed, Minibatch
from bnlab.spec.member import MemberSpec


@by_fleet
def two_classes(specs: Sequence[MemberSpec], *, classes: float = 2) -> Measuring:
    """Train networks on minibatches of few classes each, and test them on all classes.

    Each step draws its classes at random, and the same number of examples of each.

    Args:
        specs: networks of one seed, without dropout.
        classes: in each minibatch; with all classes, minibatches are mixed.

    Returns:
        Accuracies (M,) in eval mode: validation and test with the running statistics; exact, on
        the test part with statistics of the whole training part instead.
    """
    classes = int(classes)
    fleet = fleet_of(specs)
    fleet.minibatches = _minibatches(fleet.feed, classes=classes)
    for _ in range(specs[0].steps):
        fleet.step()
        yield
    twin = fleet.network.twin()
    twin.recalibrate(fleet.feed.part("train").x)
    return {
        "validation": accuracy(fleet, "validation"),
        "test": accuracy(fleet, "test"),
        "exact": to_numpy(score(twin, fleet.feed.part("test"))[1]),
    }


def class_minibatches(
    labels: Integers, *, classes: int, batch_size: int, seed: int
) -> Iterator[Integers]:
    """An endless sequence of indices (B',) of minibatches with `classes` classes each.

    B' is the largest multiple of `classes` up to the batch size; a class with too few examples is
    drawn with replacement.
    """
    rng = np.random.default_rng([seed, classes])
    of_class = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    each = batch_size // classes
    while True:
        drawn = rng.choice(len(of_class), classes, replace=False)
        yield np.concatenate(
            [rng.choice(of_class[k], each, replace=each > len(of_class[k])) for k in drawn]
        )


def _minibatches(feed: Feed, *, classes: int) -> Iterator[Minibatch]:
    """The same minibatches for all members, which share the data of one seed."""
    x, target, _ = feed.part("train")
    spec, labels = feed.structure, feed.loaded[0].y_train
    drawn = class_minibatches(labels, classes=classes, batch_size=spec.batch_size, seed=spec.seed)
    for index in map(torch.from_numpy, drawn):
        share = target.shape[2] / len(index)  # targets are one-hot over their number
        yield Minibatch(x[:, :, index], target[:, :, index] * share, None)
