"""A small data set of four classes, to compare a layer in training mode and in eval mode."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bnlab.by_hand.batch_norm import Array, Running, forward, infer, update_running

SEED = 2  # of the random numbers here
CENTRES = np.array([(0.0, 0, 4), (2, 4, 2), (4, 0, 0), (6, 2, 6)])  # of the classes, in 3 units
EACH = 128  # examples per class
CLASSES, UNITS = CENTRES.shape
ONES, ZEROS = np.ones(UNITS), np.zeros(UNITS)
BASIS = f"Computed for a layer of {UNITS} units and {CLASSES * EACH} examples of {CLASSES} classes."


def draw_classes() -> tuple[Array, NDArray[np.int64]]:
    """Four classes that scatter by 1 around their centres: x (N, 3) sorted by class, labels (N,).

    They stand for the inputs of batch norm in a trained layer.
    """
    labels = np.repeat(np.arange(CLASSES), EACH)
    return CENTRES[labels] + np.random.default_rng(SEED).normal(size=(len(labels), UNITS)), labels


def exact_statistics(x: Array) -> Running:
    """The statistics of a whole data set: one minibatch with full weight."""
    return update_running(Running.start(x.shape[1]), forward(x, ONES, ZEROS), momentum=1.0)


def accuracy(y: Array, labels: NDArray[np.int64]) -> float:
    """How often, in percent, the nearest centre is the correct one.

    It stands for the layers after batch norm, which know the classes as they were in training.
    """
    x, _ = draw_classes()
    centres = infer(CENTRES, ONES, ZEROS, running=exact_statistics(x))
    distances = np.linalg.norm(y[:, None, :] - centres, axis=-1)
    return 100 * float((distances.argmin(axis=1) == labels).mean())
