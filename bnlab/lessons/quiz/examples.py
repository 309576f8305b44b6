"""The small layer examples that quiz questions are about."""

from __future__ import annotations

import numpy as np

from bnlab.by_hand.batch_norm import Array, Forward, forward
from bnlab.by_hand.layer_example import LayerExample

SEED = 1  # of the random numbers here
BASIS = "Computed with the numbers that the question sets up."
SAME = 1e-3  # outputs that differ by less count as equal: eps leaves 1e-5


def layer_of(example: LayerExample) -> Forward:
    """The forward pass of a layer example."""
    return forward(example.x, example.weight, example.bias, eps=example.eps)


def draw_column(rng: np.random.Generator, *, mean: float = 0.0) -> Array:
    """Four examples of one unit (4, 1), with one decimal, all different and a few units wide."""
    while True:
        column: Array = rng.normal(mean, 2.0, (4, 1)).round(1) + 0.0
        if 1.3 < column.std() < 2.5 and np.unique(column).size == len(column):
            return column


def largest_difference(a: Array, b: Array) -> float:
    """Between corresponding elements."""
    return float(np.abs(a - b).max())


def listed(column: Array) -> str:
    """The numbers as in a sentence: "1, 2 and 3"."""
    *most, last = (f"{value:g}" for value in column.ravel())
    return f"{', '.join(most)} and {last}"
