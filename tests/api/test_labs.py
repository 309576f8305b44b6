"""Ctrl-C stops the run, not the program, and a broken run says so with what it has."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest
import torch

from bnlab.api.labs import close_labs, interrupts, lab_for
from bnlab.api.race_sweep import RunFailedError, race
from bnlab.spec.fields import SpecError
from tests.lab.workers.builders import PATIENCE_S, tiny_race


def test_the_first_ctrl_c_is_told_and_the_second_interrupts() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupts() as asked:
        assert not asked.is_set()
        signal.raise_signal(signal.SIGINT)
        assert asked.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_that_is_not_for_this_process_is_left_alone() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_may_wait_for_a_race() -> None:
    results = []
    thread = threading.Thread(target=lambda: results.append(race(tiny_race(), is_quiet=True)))
    thread.start()
    thread.join(PATIENCE_S)
    assert results[0].is_complete


def test_an_interrupted_race_comes_back_with_what_is_done() -> None:
    interrupt = threading.Thread(target=_once_it_trains, args=(_interrupt,))
    interrupt.start()
    result = race(tiny_race(steps=100_000), is_quiet=True)
    interrupt.join()
    assert not result.is_complete
    assert result.run.reason == "Stopped by Ctrl-C."
    assert {row["status"] for row in result.rows()} <= {"stopped", "reached the target"}
    assert 0 < result.run.step < 100_000


def test_a_race_whose_worker_dies_says_so_and_gives_what_there_was() -> None:
    kill = threading.Thread(target=_once_it_trains, args=(_kill_the_worker,))
    kill.start()
    with pytest.raises(RunFailedError, match=r"worker process .* was killed") as caught:
        race(tiny_race(steps=100_000), is_quiet=True)
    kill.join()
    assert caught.value.result is not None
    assert caught.value.result.rows()


def test_a_device_that_is_not_here_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNLAB_DEVICE", "auto")
    missing = "mps" if not torch.backends.mps.is_available() else "cuda"
    with pytest.raises(SpecError, match=f"BNLAB_DEVICE must be one of auto.*got '{missing}'"):
        race(tiny_race(), device=missing, is_quiet=True)
    close_labs()


def _once_it_trains(act) -> None:  # type: ignore[no-untyped-def]
    """Act when the newest race has left its first step behind."""
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        going = [run for run in lab_for("race").log.runs() if run.step > 0 and not run.has_ended]
        if going:
            act()
            return
        time.sleep(0.01)


def _interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def _kill_the_worker() -> None:
    for pid in lab_for("race").workers.pids():
        os.kill(pid, signal.SIGKILL)
