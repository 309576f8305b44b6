"""The tests of claims on one server: started, watched, stopped."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future

from bnlab.claims.claim import Claim
from bnlab.lab.claim_tests.driver import Driver
from bnlab.lab.claim_tests.estimates import ClaimEstimates
from bnlab.lab.claim_tests.log import ClaimLog
from bnlab.lab.claim_tests.measured import specs_of_a_seed
from bnlab.lab.claim_tests.record import ClaimRun, StudyProgress
from bnlab.lab.lab import Lab, get_lab
from bnlab.spec.fields import Scalar, SpecError, refusal

MOST_SEEDS = 64
MOST_PER_BROWSER = 2  # claim runs of one browser at a time
MOST = 16  # of all browsers
_PATIENCE_S = 5.0  # for the threads of all tests together, when the server stops


class ClaimTests:
    """The claim tests of one lab. Every method may be called from any thread; only `wait` waits.

    Args:
        lab: trains, measures and judges.
    """

    def __init__(self, lab: Lab) -> None:
        self.log = ClaimLog()
        self.lab = lab
        self._estimates = ClaimEstimates(lab)
        self._drivers: dict[str, Driver] = {}
        self._starting = threading.Lock()

    def start(
        self,
        claim: Claim,
        *,
        owner: str,
        seeds: int | None = None,
        changes: Mapping[str, Scalar] | None = None,
    ) -> str:
        """Start a test of a claim.

        When the owner, or all browsers together, already have as many unfinished tests as
        allowed, the oldest is stopped, with the reason on its record.

        Args:
            claim: as its file has it.
            owner: id of the browser that may stop it.
            seeds: how many; None: as the file has it.
            changes: dials and their values.

        Returns:
            The id of the claim run. It cannot be guessed: having it gives the right to watch.

        Raises:
            LimitError: a study is larger than this server allows.
            SpecError: a study cannot be built, or there is no such dial.
        """
        turned = self._checked(claim, seeds, changes or {})
        run = ClaimRun(
            id=secrets.token_hex(8),
            claim=turned,
            changes=dict(changes or {}),
            owner=owner,
            started_at=time.time(),
            studies=tuple(map(StudyProgress, turned.studies)),
        )
        with self._starting:
            self._make_room(owner)
            self.log.add(run)
            self._drivers[run.id] = Driver(self.lab, run, change=self.log.change)
            self._drivers[run.id].start()
        return run.id

    def get(self, run_id: str) -> ClaimRun:
        """The record as it stands; raises UnknownRunError."""
        return self.log.get(run_id)

    def wait(self, run_id: str, version: int, *, timeout_s: float) -> ClaimRun:
        """The record, as soon as its version is above the given one or the time is up.

        Raises:
            UnknownRunError: there is no such claim run.
        """
        self.log.wait(run_id, version, timeout_s=timeout_s)
        return self.log.get(run_id)

    def stop(self, run_id: str, *, reason: str = "") -> None:
        """Stop training: what is done is judged and kept. Does nothing if it has ended.

        Raises:
            UnknownRunError: there is no such claim run.
        """
        self.log.get(run_id)
        driver = self._drivers.get(run_id)
        if driver is not None:
            driver.stop("cancelled", reason)

    def estimate(
        self,
        claim: Claim,
        *,
        seeds: int | None = None,
        changes: Mapping[str, Scalar] | None = None,
    ) -> Future[float]:
        """Seconds that a test takes here when nothing else is training; arguments as for `start`.

        Workers time what is not known yet, which takes a moment.

        Returns:
            A future, which fails as the one of `Lab.compute` does.

        Raises:
            LimitError: a study is larger than this server allows.
            SpecError: a study cannot be built, or there is no such dial.
        """
        return self._estimates.of(self._checked(claim, seeds, changes or {}))

    def close(self) -> None:
        """Interrupt all tests that have not ended."""
        with self._starting:
            drivers = list(self._drivers.values())
        for driver in drivers:
            driver.stop("interrupted", "The server was stopped.")
        until_s = time.monotonic() + _PATIENCE_S
        for driver in drivers:
            driver.join(max(0.0, until_s - time.monotonic()))

    # --- inside ----------------------------------------------------------------------------------

    def _checked(self, claim: Claim, seeds: int | None, changes: Mapping[str, Scalar]) -> Claim:
        if seeds is not None and not 1 <= seeds <= MOST_SEEDS:
            raise refusal("seeds", seeds, f"1 to {MOST_SEEDS}")
        turned = claim.turned(changes, seeds=seeds)
        for name, study in turned.studies.items():
            try:
                if study.measurement:  # measured seed by seed: one seed is what may be too large
                    specs_of_a_seed(study.experiment)
                    self.lab.limits.check(study.experiment.model_copy(update={"seeds": 1}))
                else:
                    self.lab.limits.check(study.experiment)
            except SpecError as error:
                raise type(error)(f"{name}: {error}") from None
        return turned

    def _make_room(self, owner: str) -> None:
        """Stop the tests that exceed a limit once another is started; the lock is held."""
        going = [run for run in self.log.runs() if not run.has_ended]
        ids = {run.id for run in going}
        self._drivers = {key: driver for key, driver in self._drivers.items() if key in ids}
        own = [run for run in going if run.owner == owner]
        for run in own[: max(0, len(own) + 1 - MOST_PER_BROWSER)]:
            self.stop(
                run.id,
                reason="Stopped: this browser started another test and may have "
                f"{MOST_PER_BROWSER} at a time.",
            )
            going.remove(run)
        for run in going[: max(0, len(going) + 1 - MOST)]:
            self.stop(
                run.id,
                reason=f"Stopped: others started tests, and the server allows {MOST} at a time.",
            )


_the_tests: ClaimTests | None = None
_lock = threading.Lock()


def get_claim_tests() -> ClaimTests:
    """The claim tests of this process, in its lab; made at the first call."""
    global _the_tests
    with _lock:
        lab = get_lab()
        if _the_tests is None or _the_tests.lab is not lab:
            _the_tests = ClaimTests(lab)
        return _the_tests


def close_claim_tests() -> None:
    """End the claim tests of this process, if there are any: before its lab is closed."""
    global _the_tests
    with _lock:
        tests, _the_tests = _the_tests, None
    if tests is not None:
        tests.close()
