"""The lab starts, repeats and makes room for runs; it never imports what only workers need."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from bnlab.lab.lab import Lab, close_lab, get_lab
from bnlab.lab.limits import LimitError, Limits
from bnlab.lab.runs.log import RunLog, UnknownRunError
from bnlab.lab.workers.protocol.commands import Pace, Resume, Stop, Watch
from bnlab.lab.workers.server.pool import WorkerPool
from bnlab.results.frames import Frame
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError
from bnlab.spec.interventions import Intervention
from tests.lab.workers.builders import (
    PATIENCE_S,
    tiny_race,
    wait_for_end,
    wait_for_step,
    wait_until,
)
from tests.lab.workers.sweeps import tiny_sweep
from tests.server import ROOT

ENDLESS = tiny_race(steps=100_000)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A lab of one worker in which a browser may have two runs, and all together four."""
    log = RunLog()
    workers = WorkerPool(log, count=1)
    made = Lab(log=log, workers=workers, limits=Limits(runs_per_browser=2, runs=4))
    yield made
    made.close()


def state(lab: Lab, run_id: str) -> str:
    return lab.log.get(run_id).state


def test_a_run_is_started_for_its_owner_under_an_id_of_its_own(lab: Lab) -> None:
    first, second = (lab.start(tiny_race(), owner="ann", pace=0.0) for _ in range(2))
    assert first != second
    assert lab.log.get(first).owner == "ann"
    assert wait_for_end(lab.log, first).state == "completed"
    assert wait_for_end(lab.log, second).state == "completed"


def test_a_run_that_is_too_large_or_of_no_pace_is_not_started(lab: Lab) -> None:
    before = lab.log.runs()
    with pytest.raises(LimitError, match="BNLAB_MAX_MEMBERS"):
        lab.start(Experiment(seeds=500), owner="ann")
    with pytest.raises(SpecError, match=r"pace must be .*\(got -1"):
        lab.start(tiny_race(), owner="ann", pace=-1)
    assert lab.log.runs() == before


def test_one_run_too_many_cancels_the_oldest_of_that_browser_and_says_so(lab: Lab) -> None:
    other = lab.start(ENDLESS, owner="bob", pace=1.0)
    runs = [lab.start(ENDLESS, owner="ann", pace=1.0) for _ in range(3)]
    ended = wait_for_end(lab.log, runs[0])
    assert ended.state == "cancelled"
    assert "this browser started another run" in ended.reason
    assert "BNLAB_MAX_RUNS_PER_BROWSER" in ended.reason
    assert not any(lab.log.get(run_id).has_ended for run_id in (other, *runs[1:]))
    stop_all(lab)


def test_when_all_browsers_have_too_many_the_least_watched_run_makes_room(lab: Lab) -> None:
    runs = [lab.start(ENDLESS, owner=f"browser {n}", pace=1.0) for n in range(4)]
    for run_id in (runs[0], runs[2], runs[3]):
        lab.log.frame_at(run_id)
    lab.start(ENDLESS, owner="another", pace=1.0)
    ended = wait_for_end(lab.log, runs[1])
    assert (ended.state, "BNLAB_MAX_RUNS)" in ended.reason) == ("cancelled", True)
    stop_all(lab)


def stop_all(lab: Lab) -> None:
    for run in lab.log.runs():
        if not run.has_ended:
            lab.command(run.id, Stop()).result(PATIENCE_S)
    wait_until(lambda: all(run.has_ended for run in lab.log.runs()))


def test_a_run_is_repeated_with_its_changes_or_without(lab: Lab) -> None:
    change = Intervention(step=5, lr=0.001)
    first = lab.start(tiny_race(), owner="ann", interventions=[change])
    wait_for_end(lab.log, first)
    kept = lab.restart(first, keep_interventions=True)
    dropped = lab.restart(first, keep_interventions=False, owner="bob")
    losses = []
    for run_id in (first, kept, dropped):
        wait_for_end(lab.log, run_id)
        losses.append(lab.log.curves_since(run_id, None)[1]["train_loss"])
    assert (lab.log.get(kept).owner, lab.log.get(dropped).owner) == ("ann", "bob")
    assert lab.log.get(kept).interventions == (change,)
    assert lab.log.get(dropped).interventions == ()
    np.testing.assert_array_equal(losses[0], losses[1])
    assert not np.array_equal(losses[0], losses[2])


def test_a_run_under_way_that_is_started_again_ends(lab: Lab) -> None:
    first = lab.start(ENDLESS, owner="ann", pace=5.0)
    wait_for_step(lab.log, first, 1)
    second = lab.start(ENDLESS, owner="ann", pace=5.0)
    again = lab.restart(first, keep_interventions=True)
    assert wait_for_end(lab.log, first).reason == "Started again."
    assert not lab.log.get(second).has_ended  # there was room for two, and there are two
    assert lab.log.get(again).pace == 5.0
    stop_all(lab)


def test_a_run_can_be_started_to_rest_before_its_first_step(lab: Lab) -> None:
    first = lab.start(ENDLESS, owner="ann", is_paused=True)
    again = lab.restart(first, keep_interventions=False, is_paused=True)
    wait_until(lambda: lab.log.get(again).frames)
    assert (lab.log.get(again).state, lab.log.get(again).step) == ("paused", 0)
    assert lab.command(again, Resume()).result(PATIENCE_S) == 0
    wait_for_step(lab.log, again, 1)
    stop_all(lab)


def test_a_sweep_is_estimated_started_stopped_and_repeated(lab: Lab) -> None:
    sweep = tiny_sweep(steps=500)
    estimate = lab.estimate(sweep).result(PATIENCE_S)
    assert (estimate.networks, estimate.unbuilt) == (36, 0)
    first = lab.start(sweep, owner="ann", is_paused=True)
    assert lab.log.get(first).state == "paused"
    lab.command(first, Resume()).result(PATIENCE_S)
    wait_for_step(lab.log, first, 10)
    lab.command(first, Stop()).result(PATIENCE_S)
    again = lab.restart(first, keep_interventions=False)
    assert wait_for_end(lab.log, again).state == "completed"
    mine, other = (lab.log.table(run_id).values["validation_loss"] for run_id in (first, again))
    known = np.isfinite(mine)
    assert 0 < known.sum() < known.size
    np.testing.assert_array_equal(mine[known], other[known])


def test_a_sweep_that_is_too_large_is_neither_estimated_nor_started(lab: Lab) -> None:
    before = lab.log.runs()
    sweep = tiny_sweep(seeds=1000)
    with pytest.raises(LimitError, match="BNLAB_MAX_SWEEP_MEMBERS"):
        lab.estimate(sweep)
    with pytest.raises(LimitError, match="BNLAB_MAX_SWEEP_MEMBERS"):
        lab.start(sweep, owner="ann")
    assert lab.log.runs() == before


def test_an_unknown_run_cannot_be_repeated(lab: Lab) -> None:
    with pytest.raises(UnknownRunError):
        lab.restart("nowhere", keep_interventions=True)


def test_what_any_viewer_watches_is_measured_in_every_frame(lab: Lab) -> None:
    run_id = lab.start(ENDLESS, owner="ann", pace=20.0)
    lab.watch(run_id, "one", Watch(quantities=("gradient",)))
    lab.watch(run_id, "two", Watch(quantities=("activation",), pictures=True))
    for frame in next_frames(lab, run_id):
        assert {"gradient", "activation"} <= set(frame.layers)
        assert frame.decision is not None
    lab.watch(run_id, "two", None)
    lab.watch(run_id, "two", None)  # to leave twice is no harm
    frames = next_frames(lab, run_id)
    assert all("gradient" in frame.layers for frame in frames)
    assert any(frame.decision is None for frame in frames)
    stop_all(lab)
    lab.watch(run_id, "late", Watch())  # nor is to come too late


def next_frames(lab: Lab, run_id: str) -> tuple[Frame, ...]:
    """Five frames made after all that was asked for so far had been obeyed."""
    lab.command(run_id, Pace(steps_per_s=20.0)).result(PATIENCE_S)
    known = lab.log.get(run_id).frames + 1
    wait_until(lambda: lab.log.get(run_id).frames >= known + 5)
    return lab.log.frames(run_id)[known:]


def test_the_lab_of_the_process_is_made_once_and_anew_after_it_was_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BNLAB_WORKERS", "1")
    monkeypatch.setenv("BNLAB_SECRET", "of this test")
    try:
        first = get_lab()
        assert get_lab() is first
        assert first.secret == b"of this test"
        close_lab()
        close_lab()
        assert first.workers.pids() == ()
        assert get_lab() is not first
    finally:
        close_lab()


@pytest.mark.parametrize("text", ["0", "-1", "much"])
def test_a_size_of_the_log_that_is_none_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNLAB_LOG_MB", text)
    with pytest.raises(SpecError, match="BNLAB_LOG_MB must be a whole number from 1"):
        Lab()


def test_the_web_process_never_imports_what_only_workers_need() -> None:
    code = (
        "import sys, bnlab.lab.lab; "
        "print(sorted({'torch', 'sklearn', 'scipy', 'pandas'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"
