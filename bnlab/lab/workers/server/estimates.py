"""How long a sweep takes on these workers: one of them times a few of its networks."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future

import numpy as np

from bnlab.lab.workers.protocol.pieces import Piece, cut, fleets_of
from bnlab.lab.workers.protocol.queries import MAX_TIMED, TimeNetworks
from bnlab.lab.workers.server.futures import then
from bnlab.lab.workers.server.pool import WorkerPool
from bnlab.results.frames import Array
from bnlab.results.sweeps.cells import cells_of
from bnlab.results.sweeps.estimate import Cost, Estimate
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError
from bnlab.spec.member import MemberSpec

MOST_KEPT = 1000
# Parameters x batch size of what is timed together: a step then takes a few hundredths of a second.
MOST_STEP_WORK = 1e8


class Estimates:
    """Estimates sweeps, and remembers the measured cost of networks of each structure."""

    def __init__(self, workers: WorkerPool) -> None:
        self._workers = workers
        self._lock = threading.Lock()
        self._costs: dict[tuple[object, ...], Cost] = {}

    def of(self, experiment: Experiment) -> Future[Estimate]:
        """See `Lab.estimate`."""
        cells = cells_of(experiment)
        unbuilt = sum(cell.spec is None for cell in cells)
        pieces = cut(fleets_of(experiment))
        samples = self._to_be_timed(pieces)

        def estimate(answer: Mapping[str, Array]) -> Estimate:
            self._keep(samples, answer["seconds"])
            status = self._workers.status()
            workers = max(1, status.alive)
            device = status.device if workers == 1 else f"{status.device}, {workers} workers"
            return Estimate(len(cells), unbuilt, self._seconds(pieces, workers), device)

        if samples:
            return then(self._workers.compute(_request(samples)), estimate)
        known: Future[Mapping[str, Array]] = Future()
        known.set_result({"seconds": np.empty((0, 4))})
        return then(known, estimate)

    def _to_be_timed(self, pieces: Sequence[Piece]) -> list[Piece]:
        """One piece of each structure not yet timed; if there are many, a few, light to heavy."""
        with self._lock:
            unknown = {piece.kind: piece for piece in pieces if piece.kind not in self._costs}
        by_work = sorted(unknown.values(), key=lambda piece: piece.step_work)
        places = np.linspace(0, len(by_work) - 1, min(MAX_TIMED, len(by_work)))
        return [by_work[place] for place in places.round().astype(int)]

    def _keep(self, samples: Sequence[Piece], seconds: Array) -> None:
        """Keep what was measured; rows of NaN are those there was no time for."""
        with self._lock:
            if len(self._costs) > MOST_KEPT:
                self._costs.clear()
            for piece, row in zip(samples, seconds, strict=True):
                if np.isfinite(row).all():
                    self._costs[piece.kind] = _scaled(Cost(*row.tolist()), _timed(piece)[2])

    def _seconds(self, pieces: Sequence[Piece], workers: int) -> float:
        """The time for all pieces on this many workers, which cannot share a piece."""
        with self._lock:
            known = [
                (piece.step_work, cost)
                for piece in {piece.kind: piece for piece in pieces}.values()
                if (cost := self._costs.get(piece.kind)) is not None
            ]
            costs = dict(self._costs)
        each = []
        for piece in pieces:
            cost = costs.get(piece.kind) or _like_the_nearest(piece, known)
            each.append(len(piece.plan.specs) * cost.to_the_end(piece.plan.structure))
        return max(sum(each) / workers, max(each))


def _request(samples: Sequence[Piece]) -> TimeNetworks:
    timed = [_timed(piece) for piece in samples]
    return TimeNetworks(
        specs=tuple(spec for spec, _, _ in timed), networks=tuple(count for _, count, _ in timed)
    )


def _timed(piece: Piece) -> tuple[MemberSpec, int, float]:
    """What is timed for a piece: a network, how many of them, and how much lighter each is."""
    spec = piece.plan.structure
    if piece.step_work <= MOST_STEP_WORK:
        return spec, min(len(piece.plan.specs), int(MOST_STEP_WORK / piece.step_work)), 1.0
    batch_size = max(2, int(spec.batch_size * MOST_STEP_WORK / piece.step_work))
    try:
        return spec.replace({"batch_size": batch_size}), 1, spec.batch_size / batch_size
    except SpecError:  # a norm that needs a larger batch
        return spec, 1, 1.0


def _like_the_nearest(piece: Piece, known: Sequence[tuple[float, Cost]]) -> Cost:
    """The cost of the network nearest in work, scaled in proportion."""
    work, cost = min(known, key=lambda item: abs(math.log(item[0] / piece.step_work)))
    return _scaled(cost, piece.step_work / work)


def _scaled(cost: Cost, factor: float) -> Cost:
    return Cost(*(factor * seconds for seconds in cost))
