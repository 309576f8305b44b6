"""The lab of one server process: its log of runs, its workers, its secret."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress

from bnlab.lab.limits import Limits
from bnlab.lab.runs.log import Run, RunLog
from bnlab.lab.workers.protocol.commands import (
    Command,
    RunEndedError,
    Stop,
    Watch,
    check_pace,
    union,
)
from bnlab.lab.workers.protocol.queries import Computation, Query
from bnlab.lab.workers.server.estimates import Estimates
from bnlab.lab.workers.server.pool import WorkerPool
from bnlab.results.frames import Array
from bnlab.results.sweeps.estimate import Estimate
from bnlab.spec.experiment import Experiment
from bnlab.spec.interventions import Intervention
from bnlab.spec.settings import settings


class Lab:
    """Starts experiments and commands them; what they do is read from `log`.

    Every method may be called from any thread; none waits for training. Nothing here checks who
    may command a run: `Run.owner` says whose it is, and the routes compare.
    """

    def __init__(
        self,
        *,
        log: RunLog | None = None,
        workers: WorkerPool | None = None,
        limits: Limits | None = None,
        secret: bytes | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.log = log or RunLog(max_bytes=settings().log_mb * 2**20)
        self.workers = workers or WorkerPool(self.log)
        self._estimates = Estimates(self.workers)
        # Signs cookies and links. Unless it is set, each start of the server draws a new one.
        self.secret = secret or settings().secret.encode() or secrets.token_bytes()
        self._starting = threading.Lock()
        self._watched: dict[str, dict[str, Watch]] = {}  # by run, then by viewer

    def start(
        self,
        experiment: Experiment,
        *,
        owner: str,
        pace: float = 0.0,
        interventions: Iterable[Intervention] = (),
        is_paused: bool = False,
        claim_run_id: str = "",
    ) -> str:
        """Start an experiment: a race, or with axes a sweep, which all workers share.

        When the owner has as many unfinished runs as one browser may have, the oldest of them is
        cancelled, with the reason on its record. Runs of a claim test do not count.

        Args:
            experiment: what is trained.
            owner: id of the browser that may command it.
            pace: steps per second of a race; 0: as fast as possible, like every sweep.
            interventions: changes to make at given steps, in races only.
            is_paused: wait before the first step until told to resume.
            claim_run_id: id of the claim run that it is part of.

        Returns:
            The id of the run. It cannot be guessed: having it gives the right to watch.

        Raises:
            LimitError: it is larger than this server allows.
            SpecError: the pace is not valid, or no network of the sweep can be built.
        """
        run = Run(
            experiment,
            owner,
            check_pace(pace),
            state="paused" if is_paused else "queued",
            interventions=tuple(sorted(interventions, key=lambda change: change.step)),
            claim_run_id=claim_run_id,
        )
        return self._start(run)

    def restart(
        self,
        run_id: str,
        *,
        keep_interventions: bool,
        owner: str | None = None,
        is_paused: bool = False,
    ) -> str:
        """Start the experiment of a run again, from the same seed.

        An unfinished run of the same owner is cancelled; one of another owner goes on.

        Args:
            run_id: the run to repeat.
            keep_interventions: repeat its changes, at their steps.
            owner: who may command the new run; by default the owner of the old one.
            is_paused: wait before the first step until told to resume.

        Returns:
            The id of the new run.

        Raises:
            UnknownRunError: there is no such run.
        """
        old = self.log.get(run_id)
        run = Run(
            old.experiment,
            old.owner if owner is None else owner,
            old.pace,
            state="paused" if is_paused else "queued",
            interventions=old.interventions if keep_interventions else (),
        )
        return self._start(run, instead_of=old if old.owner == run.owner else None)

    def command(self, run_id: str, command: Command) -> Future[int]:
        """Command a run, which obeys between two steps. Sweeps take Pause, Resume and Stop.

        Returns:
            A future of the step at which the run obeyed; for a sweep, the mean over its networks
            once all workers have obeyed. A change takes effect at the next step and is then in
            `Run.interventions` with this step. The future fails with `RunEndedError` when the
            run ends first.

        Raises:
            UnknownRunError: there is no such run.
            RunEndedError: it has ended.
            SpecError: sweeps do not take this command.
        """
        return self.workers.command(run_id, command)

    def ask(self, run_id: str, query: Query) -> Future[dict[str, Array]]:
        """Ask a run something; it answers between two steps.

        A run that completed or was cancelled answers as well while its networks are kept; those
        of the last few runs are.

        Returns:
            A future of the arrays the query's docstring names. It fails with `QueryError` when
            the question does not fit the run, and with `RunEndedError` when the run fails first
            or its networks are released.

        Raises:
            UnknownRunError: there is no such run.
            RunEndedError: its networks are gone.
        """
        return self.workers.ask(run_id, query)

    def compute(self, computation: Computation, *, owner: str = "") -> Future[dict[str, Array]]:
        """Have a worker compute something that needs no run.

        Args:
            computation: what; a long one shares its worker's time with the runs there.
            owner: id of the browser whose share of that time it takes.

        Returns:
            A future of the arrays the computation's docstring names. It fails with `QueryError`
            when torch refuses or no worker is alive, and with its subclass `LostError` when the
            worker dies first.
        """
        return self.workers.compute(computation, owner=owner)

    def give_up(self, computation: Future[dict[str, Array]]) -> None:
        """Cancel a computation: its future fails, and its worker drops it."""
        self.workers.give_up(computation)

    def estimate(self, experiment: Experiment) -> Future[Estimate]:
        """How many networks a sweep has and how long it will take, before it is started.

        A worker times a few real steps and evaluations of its networks within half a second; the
        cost of each structure is remembered.

        Returns:
            A future, which fails as the one of `compute` does.

        Raises:
            LimitError: the sweep is larger than this server allows.
            SpecError: none of its networks can be built.
        """
        self.limits.check(experiment)
        return self._estimates.of(experiment)

    def watch(self, run_id: str, viewer: str, watch: Watch | None) -> None:
        """Say what one viewer has on screen (None: it has left); raises UnknownRunError.

        What any of its viewers watches is measured in every frame, the rest in every fourth.
        """
        with self._starting:
            viewers = self._watched.setdefault(run_id, {})
            before = union(viewers.values())
            if watch is None:
                viewers.pop(viewer, None)
            else:
                viewers[viewer] = watch
            after = union(viewers.values())
            if not viewers:
                del self._watched[run_id]
        if after != before:
            self.workers.watch(run_id, after)

    def close(self) -> None:
        """End the workers; runs that have not ended are interrupted."""
        self.workers.close()

    def _start(self, run: Run, *, instead_of: Run | None = None) -> str:
        self.limits.check(run.experiment)
        with self._starting:
            if instead_of is not None and not instead_of.has_ended:
                self._cancel(instead_of, "Started again.")
            if not run.claim_run_id:  # claim tests limit how many of them there are
                self._make_room(run.owner, leaving=instead_of)
            self.workers.submit(run)
        return run.id

    def _make_room(self, owner: str, *, leaving: Run | None) -> None:
        """Cancel the runs that exceed a limit once another is started; `leaving` already ends."""
        gone = None if leaving is None else leaving.id
        counted = [run for run in self.log.runs() if not (run.has_ended or run.claim_run_id)]
        going = [run for run in counted if run.id != gone]
        own = [run for run in going if run.owner == owner]
        for run in own[: max(0, len(own) + 1 - self.limits.runs_per_browser)]:
            self._cancel(
                run,
                "Cancelled: this browser started another run and may have "
                f"{self.limits.runs_per_browser} at a time (BNLAB_MAX_RUNS_PER_BROWSER).",
            )
            going.remove(run)
        going.sort(key=lambda run: self.log.last_watched_s(run.id))
        for run in going[: max(0, len(going) + 1 - self.limits.runs)]:
            self._cancel(
                run,
                "Cancelled: others started runs, this one was watched least recently, and the "
                f"server allows {self.limits.runs} at a time (BNLAB_MAX_RUNS).",
            )

    def _cancel(self, run: Run, reason: str) -> None:
        with suppress(RunEndedError):  # it has just ended
            self.workers.command(run.id, Stop(reason=reason))


_the_lab: Lab | None = None
_lock = threading.Lock()


def get_lab() -> Lab:
    """The lab of this process, made at the first call; its workers then start to warm up."""
    global _the_lab
    with _lock:
        if _the_lab is None:
            _the_lab = Lab()
        return _the_lab


def close_lab() -> None:
    """End the lab of this process, if there is one."""
    global _the_lab
    with _lock:
        lab, _the_lab = _the_lab, None
    if lab is not None:
        lab.close()
