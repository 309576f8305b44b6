"""How good the members are on the validation part."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from bnlab.fleet.feed import Examples, Feed
from bnlab.fleet.loss import losses
from bnlab.fleet.networks import Network


class Scores(NamedTuple):
    """One measurement, (M,) each."""

    loss: Tensor
    accuracy: Tensor
    exact_accuracy: Tensor


class Evaluator:
    """Measures validation loss and accuracy in eval mode, and accuracy with exact statistics.

    Exact statistics are those of the whole training part under the present weights, instead of
    the running ones, which lag in the first steps. Without batch norm there is no difference.
    """

    def __init__(self, network: Network, twin: Network, *, feed: Feed) -> None:
        self.network, self.twin = network, twin
        self.validation = feed.part("validation")
        self.train = feed.part("train") if any(network.batch_norms()) else None

    def __call__(self) -> Scores:
        loss, accuracy = score(self.network, self.validation)
        if self.train is None:
            return Scores(loss, accuracy, accuracy)
        self.twin.settle(self.train.x)
        return Scores(loss, accuracy, score(self.twin, self.validation)[1])


def score(network: Network, examples: Examples, *, training: bool = False) -> tuple[Tensor, Tensor]:
    """Loss and accuracy (M,) on examples; NaN for a network that answers with no number."""
    log_probabilities = torch.log_softmax(network.forward(examples.x, training=training), 1)
    confidence, answer = log_probabilities.max(1)
    is_right = (answer == examples.y).to(confidence.dtype)
    accuracy = torch.where(confidence.isnan(), confidence, is_right).mean(1)
    return losses(log_probabilities, examples.target), accuracy
