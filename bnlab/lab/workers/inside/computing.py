"""Long computations, which take turns on a worker so that no run stutters."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from time import perf_counter, thread_time

import numpy as np

from bnlab.fleet.measurements import MEASUREMENTS
from bnlab.lab.workers.protocol.measure import WORKER_SECONDS, Measure
from bnlab.results.frames import Array
from bnlab.spec.fields import refusal

MOST_NUMBERS = 4_000_000  # in one answer

# Yields now and then, and returns the arrays of the answer.
Parts = Generator[None, None, dict[str, Array]]


def turn_of(number: int) -> str:
    """The name under which this computation takes its turns."""
    return f"computation {number}"


class Computing:
    """One computation in progress.

    Args:
        number: of the question.
        parts: the computation.
    """

    due_s = 0.0  # always due, until it is done and takes no more turns

    def __init__(self, number: int, parts: Parts) -> None:
        self.number = number
        self.run_id = turn_of(number)
        self._parts = parts

    def advance(self, until_s: float) -> dict[str, Array] | None:
        """Continue until the slice is over; returns the answer once it is done.

        Raises:
            ValueError: why it cannot be computed.
        """
        while True:
            try:
                next(self._parts)
            except StopIteration as done:
                answer: dict[str, Array] = done.value
                return answer
            if perf_counter() >= until_s:
                return None


def measured(request: Measure) -> Parts:
    """Answers `Measure`.

    Raises:
        ValueError: there is no such measurement, or it refuses these networks.
    """
    measurement = MEASUREMENTS.get(request.name)
    if measurement is None:
        known = ", ".join(sorted(MEASUREMENTS))
        raise refusal("measurement", f"{request.name!r}", f"one of {known}")
    parts = measurement(request.specs, **request.settings)
    spent_s = 0.0
    while True:
        begun_s = thread_time()
        try:
            next(parts)
        except StopIteration as done:
            spent_s += thread_time() - begun_s
            answer = _checked(request, done.value)
            return {**answer, WORKER_SECONDS: np.array(spent_s)}
        spent_s += thread_time() - begun_s
        yield


def _checked(request: Measure, answer: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays of a measurement; refuses all but numbers with one row per network."""
    arrays = {name: np.asarray(array) for name, array in answer.items()}
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf" or array.shape[:1] != (len(request.specs),):
            raise refusal(
                f"{request.name}: {name}",
                f"shape {array.shape} of {array.dtype}",
                f"numbers in {len(request.specs)} rows, one per network",
            )
    count = sum(array.size for array in arrays.values())
    if count > MOST_NUMBERS:
        raise refusal(request.name, f"{count:,} numbers", f"at most {MOST_NUMBERS:,} numbers")
    return arrays
