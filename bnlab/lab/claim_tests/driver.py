"""One test of a claim, from its first study to its verdicts: what one thread does."""

from __future__ import annotations

import logging
import platform
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for_any
from dataclasses import dataclass, replace
from typing import Any

from bnlab.claims.claim import Study
from bnlab.claims.evidence import Evidence
from bnlab.claims.judging import comparisons, findings
from bnlab.lab.claim_tests.measured import MeasuredStudy
from bnlab.lab.claim_tests.problems import arm_problems
from bnlab.lab.claim_tests.reading import Reading, read
from bnlab.lab.claim_tests.record import ClaimRun, ClaimState
from bnlab.lab.claim_tests.trained import TrainedStudy
from bnlab.lab.lab import Lab
from bnlab.lab.workers.protocol.queries import Judge, LostError, QueryError
from bnlab.results.frames import Array
from bnlab.spec.fields import SpecError

_log = logging.getLogger(__name__)

LOOK_S = 0.2  # how often a request to stop is noticed
TELL_S = 0.5  # how often progress is reported
JUDGE_S = 1.0  # how often pairs are read and judged while networks are trained
MOST_LOSSES = 3  # of workers that were asked to judge

RunningStudy = TrainedStudy | MeasuredStudy
Change = Callable[..., Any]


@dataclass(frozen=True)
class _Asked:
    """What a worker was asked to judge, and on what."""

    future: Future[dict[str, Array]]
    reading: Reading
    evidence: Evidence
    over: frozenset[str]  # studies that were over


class Driver:
    """Runs the studies of a claim one after the other and has their pairs judged.

    Args:
        lab: trains, measures and judges.
        run: the record as it begins.
        change: changes fields of the record.
    """

    def __init__(self, lab: Lab, run: ClaimRun, *, change: Change) -> None:
        self._lab, self._run, self._change = lab, run, change
        self._claim = run.claim
        self._wish: tuple[ClaimState, str] | None = None  # how it is to end early
        self._begun_s = time.monotonic()
        self._evidence = Evidence({}, {})
        self._progress = {study.name: study for study in run.studies}
        self._problems: list[str] = []
        self._judged_s = self._told_s = self._begun_s
        self._asked: _Asked | None = None
        self._thread = threading.Thread(target=self._work, name="bnlab-claim", daemon=True)

    def start(self) -> None:
        """Start, in a thread of its own."""
        self._thread.start()

    def stop(self, state: ClaimState, reason: str) -> None:
        """End soon, keeping what is done; the first request counts."""
        self._wish = self._wish or (state, reason)

    def join(self, timeout_s: float) -> None:
        """Wait for its end."""
        self._thread.join(timeout_s)

    # --- the thread ------------------------------------------------------------------------------

    def _work(self) -> None:
        state, reason = self._ending(self._run_studies)
        state, reason = self._wish or (state, reason)
        broke, why = self._ending(lambda: self._finish(state, reason))
        if broke == "failed":
            self._tell(state=broke, reason=_one_line(dict.fromkeys((reason, why))))

    def _ending(self, work: Callable[[], None]) -> tuple[ClaimState, str]:
        """Do part of the work; returns how the test ends after it, and why."""
        try:
            work()
        except (SpecError, QueryError) as error:  # a refusal, whose sentence says it all
            return "failed", _one_line([str(error)])
        except Exception as error:  # noqa: BLE001  logged, and put on the record
            _log.exception("claim run %s broke", self._run.id)
            return "failed", _one_line([f"The claim broke: {type(error).__name__}: {error}"])
        return "completed", ""

    def _run_studies(self) -> None:
        for name, study in self._claim.studies.items():
            if self._wish:
                return
            running = self._begin(name, study)
            try:
                self._follow(running)
            finally:
                if not running.is_over:
                    running.stop()
                self._evidence = running.add_to(self._evidence)
            self._problems += running.problems()
            if name in self._evidence.tables:
                self._problems += arm_problems(name, *self._evidence.tables[name])

    def _begin(self, name: str, study: Study) -> RunningStudy:
        owner = self._run.owner
        if study.measurement:
            return MeasuredStudy(self._lab, name, study, owner=owner)
        return TrainedStudy(self._lab, name, study, owner=owner, claim_run=self._run.id)

    def _follow(self, study: RunningStudy) -> None:
        is_told = False
        while not study.is_over:
            if self._wish and not is_told:
                is_told = True
                study.stop()
            study.wait(LOOK_S)
            self._progress[study.progress.name] = study.progress
            is_due = time.monotonic() - self._judged_s >= JUDGE_S and not self._asked
            if study.is_over or is_due:
                self._evidence = study.add_to(self._evidence)
            if is_due and not self._wish:
                self._ask_meanwhile()
            known = self._answered()
            if known or study.is_over or time.monotonic() - self._told_s >= TELL_S:
                self._tell(**known)

    # --- judging ---------------------------------------------------------------------------------

    def _ask_meanwhile(self) -> None:
        """Have what is known so far judged; `_answered` picks up the answer."""
        self._judged_s = time.monotonic()
        self._asked = self._ask()

    def _answered(self) -> dict[str, Any]:
        """What is newly known, once a worker has judged."""
        asked = self._asked
        if asked is None or not asked.future.done():
            return {}
        self._asked = None
        return {} if asked.future.exception() else self._known(asked)

    def _ask(self) -> _Asked:
        reading = read(self._claim, self._evidence)
        request = Judge(conditions=comparisons(self._claim, reading.pairs))
        over = frozenset(study.name for study in self._progress.values() if study.is_over)
        future = self._lab.compute(request, owner=self._run.owner)
        return _Asked(future, reading, self._evidence, over)

    def _known(self, asked: _Asked) -> dict[str, Any]:
        """What a judgement changes on the record.

        A verdict is given only for conditions whose studies are all over: the numbers of networks
        that are still training are shown, but decide nothing.
        """
        reading = asked.reading
        found = findings(self._claim, reading.pairs, asked.future.result())
        decided = tuple(
            one if reading.studies[one.condition] <= asked.over else replace(one, verdict=None)
            for one in found
        )
        return {"evidence": asked.evidence, "pairs": reading.pairs, "findings": decided}

    # --- the end ---------------------------------------------------------------------------------

    def _finish(self, state: ClaimState, reason: str) -> None:
        """Have everything judged, and end.

        Raises:
            QueryError: no worker can judge.
        """
        if state == "interrupted":  # the workers are gone
            self._tell(state=state, reason=reason)
            return
        asked = self._ask()
        for _ in range(MOST_LOSSES):
            wait_for_any([asked.future])
            if isinstance(asked.future.exception(), LostError):
                asked = self._ask()
        known = self._known(asked)
        if asked.reading.broken and state == "completed":
            state, reason = "failed", _one_line(asked.reading.broken.values())
        self._tell(state=state, reason=reason, **known)

    def _tell(self, **changes: Any) -> None:
        self._told_s = time.monotonic()
        status = self._lab.workers.status()
        self._change(
            self._run.id,
            studies=tuple(self._progress.values()),
            problems=tuple(self._problems),
            seconds=self._told_s - self._begun_s,
            machine=machine_of(status.device, status.alive),
            **changes,
        )


def machine_of(device: str, workers: int) -> str:
    """Where something runs, in words; empty until the device is known."""
    if not device:
        return ""
    count = f", {workers} workers" if workers > 1 else ""
    return f"{device}{count}, {platform.system()} {platform.machine()}"


def _one_line(sentences: Iterable[str]) -> str:
    return " ".join(" ".join(sentences).split())[:500]
