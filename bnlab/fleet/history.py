"""What happened in a fleet since its last frame: losses, evaluations, time, divergence."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bnlab.fleet.evaluate import Scores
from bnlab.results.frames import DIVERGED, REACHED_TARGET, TRAINING, Array, Frame


@dataclass(frozen=True)
class Report:
    """The numbers of one evaluation, (M,) each."""

    step: int
    status: Array  # uint8: TRAINING, DIVERGED or REACHED_TARGET
    train_loss: Array  # mean over the steps since the previous report; NaN at step 0
    validation_loss: Array
    validation_accuracy: Array
    exact_accuracy: Array  # NaN where it was not measured
    test_accuracy: Array  # on the test part, NaN before the last step
    test_loss: Array
    gradient_ratio: Array  # ||dL/dW|| of the first linear layer over that of the output layer


class Ledger:
    """Collects losses and evaluations until the next frame or report.

    Losses are read for many steps at once, so that no step waits for the device. Evaluations do
    wait, so that the device never lags many steps behind the caller.
    """

    def __init__(self, members: int, target: float) -> None:
        self.members, self.target = members, target
        self.is_diverged = np.zeros(members, dtype=bool)
        self.has_reached = np.zeros(members, dtype=bool)
        self.wall_s = 0.0
        self.step_ms = np.nan
        self.unread: list[Tensor] = []
        self._clear()

    def add_step(self, loss: Tensor, seconds: float) -> None:
        """Record a training step and its losses (M,)."""
        self.unread.append(loss)
        self.step_s += seconds
        self.steps += 1

    def add_evaluation(self, step: int, scores: Scores, seconds: float) -> None:
        """Record an evaluation at a step."""
        self.eval_steps.append(step)
        self.scores.append(torch.stack(scores).cpu().numpy())
        self.has_reached |= self.scores[-1][1] >= self.target
        self.wall_s += seconds

    def frame(self, step: int, measured: dict[str, Any]) -> Frame:
        """A frame with everything recorded since the last one."""
        self._read_losses()
        if self.steps:
            self.step_ms = 1e3 * self.step_s / self.steps
        self.wall_s += self.step_s
        scores = np.stack(self.scores, 2) if self.scores else np.zeros((3, self.members, 0), "f4")
        frame = Frame(
            step=step,
            wall_s=self.wall_s,
            status=self._status(),
            step_ms=np.full(self.members, self.step_ms, dtype=np.float32),
            loss_steps=np.arange(step - self.steps + 1, step + 1, dtype=np.int32),
            train_loss=np.ascontiguousarray(self.train_loss.T),
            eval_steps=np.array(self.eval_steps, dtype=np.int32),
            validation_loss=scores[0],
            validation_accuracy=scores[1],
            exact_accuracy=scores[2],
            **measured,
        )
        self._clear()
        return frame

    def report(self, step: int, gradient_ratio: Array, test: tuple[Array, Array]) -> Report:
        """The newest evaluation, and the mean loss of the steps since the last report.

        Args:
            step: the current step.
            gradient_ratio: (M,), see `Report`.
            test: loss and accuracy on the test part, (M,) each; NaN before the end.
        """
        self._read_losses()
        mean = self.train_loss.mean(0) if self.steps else np.full(self.members, np.nan, "f4")
        loss, accuracy, exact = self.scores[-1]
        report = Report(
            step=step,
            status=self._status(),
            train_loss=mean,
            validation_loss=loss,
            validation_accuracy=accuracy,
            exact_accuracy=exact,
            test_accuracy=test[1],
            test_loss=test[0],
            gradient_ratio=gradient_ratio,
        )
        self._clear()
        return report

    def _status(self) -> Array:
        status = np.where(self.has_reached, REACHED_TARGET, TRAINING)
        return np.where(self.is_diverged, DIVERGED, status).astype(np.uint8)

    def _read_losses(self) -> None:
        if not self.unread:
            return
        start = perf_counter()  # on an asynchronous device the steps end only here
        self.train_loss = torch.stack(self.unread).cpu().numpy()  # in the precision of training
        self.is_diverged |= ~np.isfinite(self.train_loss).all(0)
        self.unread.clear()
        self.step_s += perf_counter() - start

    def _clear(self) -> None:
        self.steps, self.step_s = 0, 0.0
        self.train_loss = np.zeros((0, self.members), "f4")  # (T, M)
        self.eval_steps: list[int] = []
        self.scores: list[Array] = []
