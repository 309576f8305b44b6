"""The curves of one run, whole up to a number of points and then evenly thinned."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bnlab.results.frames import Array, Frame

CURVE_POINTS = 5000
LOSSES = ("train_loss",)
EVALUATIONS = ("validation_loss", "validation_accuracy", "exact_accuracy")

# What a reader has received so far: (times points were thinned out, losses, evaluations).
Cursor = tuple[int, int, int]


class Series:
    """Some values of every member over steps; appending and thinning, nothing else.

    Past `capacity` points every second one is dropped, from then on every second one is taken,
    and so on; `seal` adds the newest, which may fall in between.
    """

    def __init__(self, names: tuple[str, ...], *, capacity: int = CURVE_POINTS) -> None:
        self.thinned = 0  # how often points were thinned out
        self._capacity = capacity
        self._stride = 1
        self._count = 0  # points seen
        self._kept = 0  # points in the buffers
        self._steps: Array = np.empty(0, np.int32)
        self._values: dict[str, Array] = {name: np.empty((0, 0), np.float32) for name in names}
        self._newest: tuple[int, dict[str, Array]] | None = None

    @property
    def nbytes(self) -> int:
        return self._steps.nbytes + sum(values.nbytes for values in self._values.values())

    def __len__(self) -> int:
        return self._kept

    def extend(self, steps: Array, values: Mapping[str, Array]) -> None:
        """Add the points that are new: steps (T,) ascending, values (M, T) by name."""
        # A run that is repeated after its worker died sends known steps again.
        is_new = steps > (-1 if self._newest is None else self._newest[0])
        steps = steps[is_new]
        if not steps.size:
            return
        fresh = {name: values[name][:, is_new] for name in self._values}
        self._newest = (int(steps[-1]), {name: fresh[name][:, -1:].copy() for name in fresh})
        while True:
            taken = (self._count + np.arange(steps.size)) % self._stride == 0
            if self._kept + np.count_nonzero(taken) <= self._capacity:
                break
            self._thin()
        self._count += steps.size
        self._put(steps[taken], {name: fresh[name][:, taken] for name in fresh})

    def seal(self) -> None:
        """Add the newest point if it was not kept; no more are expected after this."""
        if self._newest is None or (self._kept and self._steps[self._kept - 1] == self._newest[0]):
            return
        step, values = self._newest
        self._put(np.array([step], np.int32), values)

    def since(self, start: int) -> tuple[Array, dict[str, Array]]:
        """Copies of steps (T,) and values (M, T) from the given point on."""
        values = {name: array[:, start : self._kept].copy() for name, array in self._values.items()}
        return self._steps[start : self._kept].copy(), values

    def _put(self, steps: Array, values: Mapping[str, Array]) -> None:
        end = self._kept + steps.size
        if end > self._steps.size:
            self._grow(end, members=next(iter(values.values())).shape[0])
        self._steps[self._kept : end] = steps
        for name, array in self._values.items():
            array[:, self._kept : end] = values[name]
        self._kept = end

    def _grow(self, points: int, *, members: int) -> None:
        room = max(64, 2 * points)
        steps = np.empty(room, np.int32)
        steps[: self._kept] = self._steps[: self._kept]
        self._steps = steps
        for name, array in self._values.items():
            grown = np.empty((members, room), np.float32)
            if self._kept:
                grown[:, : self._kept] = array[:, : self._kept]
            self._values[name] = grown

    def _thin(self) -> None:
        kept = -(-self._kept // 2)
        self._steps[:kept] = self._steps[: self._kept : 2].copy()
        for array in self._values.values():
            array[:, :kept] = array[:, : self._kept : 2].copy()
        self._kept = kept
        self._stride *= 2
        self.thinned += 1


class GrowingCurves:
    """Losses and evaluations of a run, growing with its frames."""

    def __init__(self, *, capacity: int = CURVE_POINTS) -> None:
        self._losses = Series(LOSSES, capacity=capacity)
        self._evaluations = Series(EVALUATIONS, capacity=capacity)

    @property
    def nbytes(self) -> int:
        return self._losses.nbytes + self._evaluations.nbytes

    def extend(self, frame: Frame) -> None:
        """Take the losses and evaluations a frame carries."""
        self._losses.extend(frame.loss_steps, {"train_loss": frame.train_loss})
        values = {name: getattr(frame, name) for name in EVALUATIONS}
        self._evaluations.extend(frame.eval_steps, values)

    def seal(self) -> None:
        """The run has ended: keep its very last points as well."""
        self._losses.seal()
        self._evaluations.seal()

    def since(self, cursor: Cursor | None) -> tuple[Cursor, dict[str, Array], bool]:
        """What a reader at `cursor` lacks: see `RunLog.curves_since`."""
        thinned = self._losses.thinned + self._evaluations.thinned
        is_whole = cursor is None or cursor[0] != thinned
        first_loss, first_evaluation = (0, 0) if cursor is None or is_whole else cursor[1:]
        loss_steps, losses = self._losses.since(first_loss)
        eval_steps, evaluations = self._evaluations.since(first_evaluation)
        arrays = {"loss_steps": loss_steps, **losses, "eval_steps": eval_steps, **evaluations}
        return (thinned, len(self._losses), len(self._evaluations)), arrays, is_whole
