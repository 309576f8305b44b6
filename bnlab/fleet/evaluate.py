"""Loss and accuracy of the members on held-out data."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from bnlab.fleet.minibatches import Examples, Feed
from bnlab.fleet.nn.dense import Network
from bnlab.fleet.nn.loss import losses


class Scores(NamedTuple):
    """One measurement, (M,) each."""

    loss: Tensor
    accuracy: Tensor
    exact_accuracy: Tensor


class Evaluator:
    """Measures validation loss and accuracy in eval mode, and accuracy with exact statistics.

    Exact statistics are those of the whole training part under the current weights, in place of
    the running ones, which lag in the first steps. Without batch norm there is no difference.
    """

    def __init__(self, network: Network, twin: Network, *, feed: Feed) -> None:
        self.network, self.twin = network, twin
        self.validation = feed.part("validation")
        self.feed = feed
        self.train: Examples | None = None  # loaded when exact statistics are first needed

    def __call__(self, *, exact: bool = True) -> Scores:
        """Measure; without `exact`, networks with batch norm have NaN for that accuracy."""
        loss, accuracy = score(self.network, self.validation)
        if not any(self.network.batch_norms()):
            return Scores(loss, accuracy, accuracy)
        if not exact:
            return Scores(loss, accuracy, torch.full_like(accuracy, torch.nan))
        self.train = self.train or self.feed.part("train")
        self.twin.recalibrate(self.train.x)
        return Scores(loss, accuracy, score(self.twin, self.validation)[1])

    def test(self) -> tuple[Tensor, Tensor]:
        """Loss and accuracy (M,) on the test part, which is never used to choose anything."""
        return score(self.network, self.feed.part("test"))


def score(network: Network, examples: Examples, *, training: bool = False) -> tuple[Tensor, Tensor]:
    """Loss and accuracy (M,) on examples; NaN for a network whose outputs are NaN."""
    log_probabilities = torch.log_softmax(network.forward(examples.x, training=training), 1)
    confidence, answer = log_probabilities.max(1)
    is_right = (answer == examples.y).to(confidence.dtype)
    accuracy = torch.where(confidence.isnan(), confidence, is_right).mean(1)
    return losses(log_probabilities, examples.target), accuracy
