"""What a sweep has measured so far: one row per cell, one column per evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bnlab.results.frames import DIVERGED, REACHED_TARGET, TRAINING, Array

SweepQuantity = Literal["validation_accuracy", "validation_loss", "train_loss", "gradient_ratio"]
SWEEP_QUANTITIES: tuple[SweepQuantity, ...] = (
    "validation_accuracy",
    "validation_loss",
    "train_loss",
    "gradient_ratio",
)

EndQuantity = Literal["exact_accuracy", "test_accuracy", "test_loss"]
END_QUANTITIES: tuple[EndQuantity, ...] = ("exact_accuracy", "test_accuracy", "test_loss")

# States of a cell besides those of a member.
WAITING, UNBUILT = 3, 4
CELL_STATES = (TRAINING, DIVERGED, REACHED_TARGET, WAITING, UNBUILT)


@dataclass(frozen=True)
class Table:
    """The numbers of C cells, in the order of `cells_of`, at E evaluations; NaN: unknown (so far).

    validation_accuracy and validation_loss are those of eval mode. train_loss is the mean over the
    steps since the previous evaluation, NaN at step 0. gradient_ratio is ||dL/dW|| of the first
    linear layer divided by that of the output layer, for the last minibatch; NaN at step 0. Only
    measured at the end: validation accuracy with exact statistics, and in eval mode accuracy and
    loss on the test part.
    """

    eval_steps: Array  # (E,) int32, from step 0 on; a cell with fewer steps ends earlier
    values: Mapping[SweepQuantity, Array]  # (C, E) float32 each
    at_end: Mapping[EndQuantity, Array]  # (C,) float32 each
    status: Array  # (C,) uint8: one of CELL_STATES
    steps: Array  # (C,) int32: done so far
    target_steps: Array  # (C,) float32: of the first evaluation at the target; inf: not (yet)
