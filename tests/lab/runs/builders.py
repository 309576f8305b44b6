"""Runs and frames of known content, for the tests of the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bnlab.lab.runs.log import Run
from bnlab.results.frames import QUANTITIES, Frame, Quantity
from bnlab.spec.experiment import Experiment
from tests.strategies import random_frame

MEMBERS = 2


def a_run(run_id: str = "r") -> Run:
    """A run of the default experiment."""
    return Run(id=run_id, experiment=Experiment(), owner="someone", pace=0.0, created_s=0.0)


def a_frame(
    step: int,
    *,
    since: int = 0,
    quantities: Sequence[Quantity] = QUANTITIES,
    has_pictures: bool = True,
    layers: int = 3,
) -> Frame:
    """A frame at a step with the losses after `since`, each equal to its step."""
    frame = random_frame(
        np.random.default_rng(step),
        sizes=(MEMBERS, layers, 0, 0),
        quantities=list(quantities),
        has_pictures=has_pictures,
    )
    steps = np.arange(since + 1, step + 1, dtype=np.int32)
    losses = np.tile(steps.astype(np.float32), (MEMBERS, 1))
    at = np.array([step], np.int32)
    value = np.full((MEMBERS, 1), step, np.float32)
    return replace(
        frame,
        step=step,
        loss_steps=steps,
        train_loss=losses,
        eval_steps=at,
        validation_loss=value,
        validation_accuracy=value,
        exact_accuracy=value,
    )
