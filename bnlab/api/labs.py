"""Labs for a notebook or a command, and following a run until it ends.

The first Ctrl-C stops the run, not the program, so that what is done is kept.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Literal, TypeVar

from bnlab.lab.claim_tests import ClaimRun
from bnlab.lab.lab import Lab
from bnlab.lab.runs.log import Run, RunLog
from bnlab.lab.runs.records import Records
from bnlab.lab.workers.protocol.commands import RunEndedError
from bnlab.lab.workers.server.pool import WorkerPool
from bnlab.spec.fields import refusal
from bnlab.spec.settings import settings

DEVICES = ("auto", "cpu", "cuda", "mps")

_LOOK_S = 0.1  # how often a run is looked at, and Ctrl-C noticed

Kind = Literal["race", "sweep"]
Stopping = Callable[[str], object]
R = TypeVar("R", Run, ClaimRun)
_labs: dict[Kind, Lab] = {}
_starting = threading.Lock()


def lab_for(kind: Kind, *, device: str | None = None) -> Lab:
    """A lab of this process, kept between calls: its workers take seconds to start.

    A race is trained by one worker, a sweep by all.

    Args:
        kind: what will be trained.
        device: where; None: as before, initially BNLAB_DEVICE. A new device closes the existing
            labs, as workers choose theirs when they start.

    Raises:
        SpecError: no such device.
    """
    if device is not None and device not in DEVICES:
        raise refusal("device", f"{device!r}", ", ".join(DEVICES))
    if device is not None and device != settings().device:
        close_labs()
        os.environ["BNLAB_DEVICE"] = device
    with _starting:
        if kind not in _labs:
            log = RunLog()
            # A race is trained by one worker; None: as many as the machine has room for.
            workers = WorkerPool(log, count=1 if kind == "race" else None)
            _labs[kind] = Lab(log=log, workers=workers)
        return _labs[kind]


def close_labs() -> None:
    """End the workers of all labs; they start again when a lab is requested."""
    with _starting:
        labs = list(_labs.values())
        _labs.clear()
    for lab in labs:
        lab.close()


atexit.register(close_labs)


def follow(log: Records[R, Any], run_id: str, look: Callable[[R], None], stop: Stopping) -> R:
    """Wait until a run or a claim has ended; the first Ctrl-C stops it, a second gives up at once.

    Args:
        log: of the lab, or of its claim tests.
        run_id: the run.
        look: called with its record several times per second, and last with its ending.
        stop: stops it, with the given reason.

    Returns:
        The final record of the run.
    """
    with interrupts() as interrupted:
        is_told = False
        while True:
            version = log.version(run_id)
            run = log.get(run_id)
            look(run)
            if run.has_ended:
                return run
            if interrupted.is_set() and not is_told:
                is_told = True
                with suppress(RunEndedError):
                    stop("Stopped by Ctrl-C.")
            time.sleep(_LOOK_S / 2)
            log.wait(run_id, version, timeout_s=_LOOK_S / 2)


@contextmanager
def interrupts() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second interrupts as usual.

    Where Python does not receive Ctrl-C (another thread, a process in the background), the event
    is never set.
    """
    asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield asked
        return

    def hear(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            before(number, frame)
        asked.set()

    signal.signal(signal.SIGINT, hear)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
