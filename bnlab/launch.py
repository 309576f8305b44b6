"""Races and sweeps from a notebook or the command line: started, followed, and kept when stopped.

>>> import bnlab
>>> result = bnlab.race(changes={"steps": 40, "network.depth": 2}, is_quiet=True)
>>> [row["variant"] for row in result.rows()]
['none', 'batch']
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from bnlab.documents import SUFFIXES, changed, read_document, read_file
from bnlab.experiment import Experiment
from bnlab.fields import Scalar, SpecError
from bnlab.lab import Lab
from bnlab.measures import Curves, last_known, members_of
from bnlab.presets import PRESETS
from bnlab.progress import progress_bar
from bnlab.results import RaceResult, Result
from bnlab.runs.log import MemoryRunLog, Run
from bnlab.workers.commands import RunEndedError, Stop
from bnlab.workers.local import LocalWorkers

DEVICES = ("auto", "cpu", "cuda", "mps")
Source = Experiment | Mapping[str, Any] | str | Path

_STOPPED = "Stopped by Ctrl-C."
_LOOK_S = 0.1  # how often the bar moves, and Ctrl-C is seen
_OWNER = "the person at this machine"


class RunFailedError(RuntimeError):
    """A run broke; the message says why, `result` holds what there was until then, if anything."""

    def __init__(self, reason: str, result: Result | None) -> None:
        super().__init__(reason)
        self.result = result


def race(
    experiment: Source | None = None,
    *,
    changes: Mapping[str, Scalar] | None = None,
    seeds: int | None = None,
    device: str | None = None,
    is_quiet: bool = False,
) -> RaceResult:
    """Train the variants of an experiment side by side, and wait for the end.

    Ctrl-C (or interrupting the kernel) stops the race; what is done is returned.

    Args:
        experiment: an `Experiment`, the same as plain data, a JSON or TOML file, or the name of
            a preset; without one, a network with and one without batch norm on digits.
        changes: fields to change, by dotted path: `{"optimizer.lr": 0.5}`.
        seeds: how many times each variant is trained.
        device: auto, cpu, cuda or mps; without it BNLAB_DEVICE.
        is_quiet: show no progress bar.

    Returns:
        What was measured.

    Raises:
        SpecError: what is asked for cannot be.
        RunFailedError: it broke on the way.
        KeyboardInterrupt: it was stopped before anything was measured.
    """
    asked = race_from(experiment, changes=_texts(changes), seeds=seeds)
    lab = _lab("race", device)
    run_id = lab.start(asked, owner=_OWNER)
    networks = len(asked.variants) * asked.seeds
    with progress_bar(f"{networks:,} networks", is_quiet=is_quiet) as show:
        run = _follow(lab, run_id, lambda run: show(run.step, run.steps, _standing(lab, run)))
    curves = Curves.from_arrays(lab.log.curves_since(run_id, None)[1])
    return _ended(RaceResult(run, curves, lab.log.frames(run_id)))


def race_from(
    source: Source | None, *, changes: Mapping[str, str], seeds: int | None = None
) -> Experiment:
    """The experiment that is asked for, as a race.

    Args:
        source: see `race`.
        changes: fields by dotted path, each value in the words of a link.
        seeds: how many times each variant is trained.

    Raises:
        SpecError: it cannot be, or is a sweep.
    """
    ready = {name: preset.experiment for name, preset in PRESETS.items()}
    experiment = _asked(source, changes, seeds, ready)
    if experiment.axes:
        raise SpecError(
            f"axes: got {', '.join(experiment.axes)}, allowed is none in a race; use sweep."
        )
    return experiment


def close_labs() -> None:
    """End the workers that `race` and `sweep` have started; they start again when asked for."""
    with _starting:
        labs = list(_labs.values())
        _labs.clear()
    for lab in labs:
        lab.close()


# --- what is asked for ---------------------------------------------------------------------------


def _asked(
    source: Source | None,
    changes: Mapping[str, str],
    seeds: int | None,
    ready: Mapping[str, Experiment],
) -> Experiment:
    experiment = Experiment() if source is None else _read(source, ready)
    texts = dict(changes) | ({} if seeds is None else {"seeds": str(seeds)})
    return changed(experiment, texts) if texts else experiment


def _read(source: Source, ready: Mapping[str, Experiment]) -> Experiment:
    if isinstance(source, Experiment):
        return source
    if isinstance(source, Mapping):
        return read_document(dict(source))
    if isinstance(source, str) and source in ready:
        return ready[source]
    path = Path(source)
    if path.suffix.lower() in SUFFIXES or path.exists():
        return read_file(path)
    raise SpecError(
        f"experiment: got {str(source)[:60]!r}, allowed is a .json or .toml file, or one of "
        f"{', '.join(ready)}."
    )


def _texts(changes: Mapping[str, Scalar] | None) -> dict[str, str]:
    """Values in the words of a link."""
    return {
        path: str(value).lower() if isinstance(value, bool) else str(value)
        for path, value in (changes or {}).items()
    }


# --- the labs of this process --------------------------------------------------------------------

_labs: dict[str, Lab] = {}
_starting = threading.Lock()


def _lab(kind: str, device: str | None) -> Lab:
    """A lab, kept from call to call: its workers take seconds to start.

    A race is trained by one worker, whatever their number; a sweep by all.
    """
    if device is not None and device not in DEVICES:
        raise SpecError(f"device: got {device!r}, allowed is {', '.join(DEVICES)}.")
    if device is not None and device != os.environ.get("BNLAB_DEVICE", "auto"):
        close_labs()  # workers read it when they start
        os.environ["BNLAB_DEVICE"] = device
    with _starting:
        if kind not in _labs:
            log = MemoryRunLog()
            workers = LocalWorkers(log, count=1 if kind == "race" else None)
            _labs[kind] = Lab(log=log, workers=workers)
        return _labs[kind]


atexit.register(close_labs)


# --- following a run -----------------------------------------------------------------------------


def _follow(lab: Lab, run_id: str, look: Callable[[Run], None]) -> Run:
    """Wait until a run has ended; the first Ctrl-C stops it, a second gives up at once."""
    with _interrupts() as interrupted:
        is_told = False
        while True:
            version = lab.log.version(run_id)
            run = lab.log.get(run_id)
            look(run)
            if run.has_ended:
                return run
            if interrupted.is_set() and not is_told:
                is_told = True
                with suppress(RunEndedError):
                    lab.command(run_id, Stop(reason=_STOPPED))
            time.sleep(_LOOK_S / 2)
            lab.log.wait(run_id, version, timeout_s=_LOOK_S / 2)


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second is an interrupt as always.

    Where Ctrl-C is not Python's to hear (another thread, a process in the background), the event
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


def _standing(lab: Lab, run: Run) -> str:
    """How well each variant does by now, in a few words."""
    arrays = lab.log.curves_since(run.id, None)[1]
    accuracy = last_known(arrays["validation_accuracy"])
    if not accuracy.size:
        return ""
    places = members_of(run.experiment)
    return "  ".join(
        f"{name} {100 * float(np.median(accuracy[place])):.1f} %" for name, place in places.items()
    )


def _ended(result: RaceResult) -> RaceResult:
    """The result, unless its run broke, or was stopped before anything was measured."""
    if result.run.state == "cancelled" and not result.frames:
        raise KeyboardInterrupt
    if result.run.state in ("completed", "cancelled"):
        return result
    if result.run.reason.startswith("BNLAB_DEVICE:"):
        raise SpecError(result.run.reason)
    raise RunFailedError(result.run.reason, result if result.frames else None)
