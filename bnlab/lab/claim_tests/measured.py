"""A study that is measured: seed by seed, one seed per worker at a time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future
from concurrent.futures import wait as wait_for_any
from dataclasses import replace

import numpy as np

from bnlab.claims.claim import Study
from bnlab.claims.evidence import Evidence
from bnlab.lab.claim_tests.record import StudyProgress
from bnlab.lab.lab import Lab
from bnlab.lab.workers.protocol.measure import MAX_MEASURED, WORKER_SECONDS, Measure
from bnlab.lab.workers.protocol.queries import LostError, QueryError
from bnlab.results.frames import Array
from bnlab.results.sweeps.cells import cells_of
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError, refusal
from bnlab.spec.member import MemberSpec

MOST_LOSSES = 2  # of one seed: a worker died each time


class MeasuredStudy:
    """One measured study of a claim run, from its start to its end.

    Args:
        lab: measures it.
        name: of the study.
        study: what is measured.
        owner: of the claim run.

    Raises:
        SpecError: some network of it cannot be built.
    """

    def __init__(self, lab: Lab, name: str, study: Study, *, owner: str) -> None:
        self._lab, self._name, self._study, self._owner = lab, name, study, owner
        self._seeds = study.experiment.seeds
        self._specs = specs_of_a_seed(study.experiment)
        self._waiting = deque(range(self._seeds))
        self._under_way: dict[Future[dict[str, Array]], int] = {}
        self._losses: Counter[int] = Counter()
        self._answers: dict[int, Mapping[str, Array]] = {}
        self._problems: list[str] = []

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return not self._waiting and not self._under_way

    @property
    def progress(self) -> StudyProgress:
        """How far it is."""
        done = len(self._answers) / self._seeds
        return StudyProgress(self._name, done, None, self.is_over)

    def wait(self, timeout_s: float) -> None:
        """Hand out seeds, wait for answers, and take them.

        Raises:
            QueryError: these networks cannot be measured like this, or no worker is left.
        """
        while self._waiting and len(self._under_way) < max(1, self._lab.workers.status().alive):
            seed = self._waiting.popleft()
            request = measure_request(self._study, self._specs, seed)
            self._under_way[self._lab.compute(request, owner=self._owner)] = seed
        done, _ = wait_for_any(self._under_way, timeout_s, return_when=FIRST_COMPLETED)
        for future in done:
            self._take(self._under_way.pop(future), future)

    def stop(self) -> None:
        """Stop measuring; what is done stays."""
        self._waiting.clear()
        while self._under_way:
            future, _ = self._under_way.popitem()
            self._lab.give_up(future)

    def add_to(self, evidence: Evidence) -> Evidence:
        """The evidence with the seeds measured so far, NaN for the others."""
        arrays: dict[str, Array] = {}
        for seed, answer in self._answers.items():
            for name, values in answer.items():
                if name not in arrays:
                    arrays[name] = np.full((self._seeds, *values.shape), np.nan)
                arrays[name][seed] = values
        if not arrays:
            return evidence
        measured = {**evidence.measured, self._name: (self._study.experiment, arrays)}
        return replace(evidence, measured=measured)

    def problems(self) -> tuple[str, ...]:
        """What was lost, in sentences."""
        return tuple(self._problems)

    def _take(self, seed: int, future: Future[dict[str, Array]]) -> None:
        error = future.exception()
        if isinstance(error, LostError):
            self._lose(seed)
        elif error is not None:
            raise QueryError(f"{self._name}: {error}") from error
        else:
            answer = dict(future.result())
            del answer[WORKER_SECONDS]
            self._check(answer)
            self._answers[seed] = answer

    def _lose(self, seed: int) -> None:
        self._losses[seed] += 1
        if self._losses[seed] < MOST_LOSSES:
            self._waiting.appendleft(seed)
            return
        self._problems.append(
            f"{self._name}: seed {self._study.experiment.base.seed + seed} is left out, because "
            f"{MOST_LOSSES} worker processes died while they measured it."
        )

    def _check(self, answer: Mapping[str, Array]) -> None:
        """All seeds must give arrays of the same shapes; otherwise they cannot be compared."""
        first = next(iter(self._answers.values()), answer)
        shapes = [{name: a.shape for name, a in one.items()} for one in (answer, first)]
        if shapes[0] != shapes[1]:
            raise QueryError(
                f"{self._name}: two seeds were measured in different shapes, {shapes[0]} "
                f"and {shapes[1]}."
            )


def measure_request(study: Study, specs: Sequence[MemberSpec], seed: int) -> Measure:
    """What a worker is asked for one seed of a study, counted from 0; specs are those of seed 0."""
    of_seed = tuple(spec.model_copy(update={"seed": spec.seed + seed}) for spec in specs)
    return Measure(name=study.measurement, specs=of_seed, settings=dict(study.settings))


def specs_of_a_seed(experiment: Experiment) -> tuple[MemberSpec, ...]:
    """The networks of the first seed, in the experiment's order.

    Raises:
        SpecError: some network of it cannot be built, or there are too many.
    """
    cells = [cell for cell in cells_of(experiment) if cell.seed_index == 0]
    if len(cells) > MAX_MEASURED:
        raise refusal("The networks of one seed", len(cells), f"at most {MAX_MEASURED}")
    for cell in cells:
        if cell.spec is None:
            raise SpecError(f"{cell.variant}: {cell.reason}")
    return tuple(cell.spec for cell in cells if cell.spec is not None)
