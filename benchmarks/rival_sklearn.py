"""A rival: scikit-learn's MLPClassifier, which has no batch norm, one network after the other."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sklearn.neural_network import MLPClassifier

from benchmarks.contenders import Case
from bnlab.data.datasets import load


def sklearn(case: Case, networks: int) -> Iterator[int]:
    """Networks of the same layers without batch norm; yields steps taken, an epoch at a time."""
    data = [load(case.spec.data, seed) for seed in range(networks)]
    classes = range(case.spec.data.facts.classes)
    alone = [
        MLPClassifier(
            hidden_layer_sizes=(case.width,) * case.depth,
            solver="sgd",
            alpha=0.0,
            batch_size=case.batch_size,
            learning_rate_init=0.05,
            momentum=0.9,
            nesterovs_momentum=False,
            random_state=seed,
        )
        for seed in range(networks)
    ]
    while True:
        for network, part in zip(alone, data, strict=True):
            network.partial_fit(part.x_train.astype("f4"), part.y_train, classes=list(classes))
            yield math.ceil(len(part.y_train) / case.batch_size)
