"""How long a test takes: sweeps by their estimates, measurements by timing one seed."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from concurrent.futures import Future

from bnlab.claims.claim import Claim, Study
from bnlab.lab.claim_tests.measured import measure_request, specs_of_a_seed
from bnlab.lab.lab import Lab
from bnlab.lab.workers.protocol.measure import WORKER_SECONDS
from bnlab.lab.workers.server.futures import combined, then
from bnlab.spec.member import MemberSpec

MOST_KEPT = 200
_Kind = tuple[str, str]  # a measurement and its settings


class ClaimEstimates:
    """Estimates tests of claims, and remembers what each kind of measurement cost.

    Args:
        lab: where they would run.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._lock = threading.Lock()
        # Seconds of worker time per unit of work, once known.
        self._rates: dict[_Kind, Future[float]] = {}

    def of(self, claim: Claim) -> Future[float]:
        """Seconds that a test takes when nothing else is training.

        Raises:
            LimitError: a study is larger than this server allows.
            SpecError: a study cannot be built.
        """
        parts = [
            self._measured(study) if study.measurement else self._trained(study)
            for study in claim.studies.values()
        ]
        return combined(parts, math.fsum)

    def _trained(self, study: Study) -> Future[float]:
        return then(self._lab.estimate(study.experiment), lambda estimate: estimate.seconds)

    def _measured(self, study: Study) -> Future[float]:
        specs = specs_of_a_seed(study.experiment)

        def seconds(rate: float) -> float:
            workers = max(1, self._lab.workers.status().alive)
            return math.ceil(study.experiment.seeds / workers) * rate * _work_of(specs)

        return then(self._rate(study, specs), seconds)

    def _rate(self, study: Study, specs: Sequence[MemberSpec]) -> Future[float]:
        """Timed by measuring one seed, once for all who ask."""
        kind = study.measurement, repr(sorted(study.settings.items()))
        with self._lock:
            known = self._rates.get(kind)
            has_failed = known is not None and known.done() and known.exception() is not None
            if known is None or has_failed:
                if len(self._rates) >= MOST_KEPT:
                    self._rates.clear()
                answer = self._lab.compute(measure_request(study, specs, 0), owner="")
                known = then(answer, lambda found: float(found[WORKER_SECONDS]) / _work_of(specs))
                self._rates[kind] = known
            return known


def _work_of(specs: Sequence[MemberSpec]) -> float:
    """Multiply-adds of all steps, roughly."""
    return float(sum(spec.work * spec.batch_size * spec.steps for spec in specs))
