"""Batch norm in training mode without training: what the other examples in a batch change."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch

from bnlab.data.datasets import Integers
from bnlab.fleet.inspect.questions import Answer, Inside, check_index, to_numpy
from bnlab.fleet.inspect.single_network import Alone, accuracy
from bnlab.spec.fields import refusal

Order = Literal["shuffled", "sorted"]


def companions(
    inside: Inside,
    *,
    member: int,
    example: int,
    batch_size: int,
    draws: int,
    seed: int,
    order: Order,
) -> Answer:
    """See `bnlab.lab.workers.protocol.queries.BatchDependence`.

    Raises:
        ValueError: no such example, more companions than there are, too much work, or with
            batch norm a batch of one (in torch's words).
    """
    alone = Alone.of(inside, member)
    x, labels = alone.inputs("test"), alone.labels("test")
    check_index("example", example, len(labels))
    if batch_size > len(labels):
        raise refusal("batch_size", batch_size, f"1 to {len(labels)}, the whole test part")
    alone.check_work(draws * batch_size)
    rng = np.random.default_rng(seed)
    drawn = np.stack([_others(labels, example, order, rng)[: batch_size - 1] for _ in range(draws)])
    batches = np.concatenate([np.full((draws, 1), example), drawn], 1)
    training = torch.softmax(alone.batch_logits(x, batches)[:, :, 0], 1)
    return {
        "training": to_numpy(training),
        "eval": to_numpy(torch.softmax(alone.logits(x[:, example, None])[:, 0], 0)),
        "label": np.asarray(labels[example]),
        "input": to_numpy(x[:, example]),
        "raw": alone.data.x_test[example] * alone.data.scale + alone.data.shift,
        "companions": drawn.astype(np.int32),
    }


def modes(inside: Inside, *, member: int, batch_sizes: tuple[int, ...], seed: int) -> Answer:
    """See `bnlab.lab.workers.protocol.queries.Modes`.

    Raises:
        ValueError: too much work, or with batch norm a batch of one (in torch's words).
    """
    alone = Alone.of(inside, member)
    labels = alone.labels("test")
    alone.check_work(2 * len(batch_sizes) * len(labels) + len(alone.labels("train")))
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_class = np.argsort(labels, kind="stable")
    arrays = {
        name: np.array([_accuracy_in_batches(alone, order, size) for size in batch_sizes])
        for name, order in (("shuffled", shuffled), ("sorted_by_class", by_class))
    }
    x = alone.inputs("test")
    return arrays | {
        "batch_sizes": np.array(batch_sizes, np.int32),
        "eval": np.asarray(accuracy(alone.logits(x), labels)),
        "exact": np.asarray(accuracy(alone.recalibrated().logits(x), labels)),
    }


def _others(labels: Integers, example: int, order: Order, rng: np.random.Generator) -> Integers:
    """All test examples but one, shuffled; sorted: its own class first, then the next ones."""
    others = rng.permutation(np.delete(np.arange(len(labels)), example))
    if order == "shuffled":
        return others
    distance = (labels[others] - labels[example]) % (labels.max() + 1)
    return others[np.argsort(distance, kind="stable")]


def _accuracy_in_batches(alone: Alone, order: Integers, size: int) -> float:
    """Accuracy on the test part in training mode, split into batches in this order."""
    x, labels = alone.inputs("test"), alone.labels("test")
    size = min(size, len(order))
    whole = len(order) // size * size
    parts = [order[:whole].reshape(-1, size)]
    if len(order) - whole > 1:  # one example alone has no statistics
        parts.append(order[None, whole:])
    right = [accuracy(alone.batch_logits(x, batches), labels[batches]) for batches in parts]
    return float(np.average(right, weights=[batches.size for batches in parts]))
