"""Steps and frames are spread over time as asked; the clock here is a number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlab.lab.workers.inside.pacing import FRAME_INTERVAL_S, FramePace, StepPace


@given(st.floats(0.5, 500))
def test_so_many_steps_are_due_in_ten_seconds(steps_per_s: float) -> None:
    pace = StepPace(steps_per_s, now_s=0.0)
    steps = 0
    while pace.due_s < 10:
        pace.stepped(pace.due_s)
        steps += 1
    assert steps == pytest.approx(10 * steps_per_s, abs=1.5)


def test_at_full_pace_a_step_is_always_due() -> None:
    pace = StepPace(0.0, now_s=3.0)
    pace.stepped(5.0)
    assert pace.due_s <= 5.0


def test_after_a_long_rest_missed_steps_are_not_made_up_for() -> None:
    pace = StepPace(100.0, now_s=0.0)
    pace.stepped(50.0)
    due = 0
    while pace.due_s <= 50.0:
        pace.stepped(50.0)
        due += 1
    assert due <= 26


def test_a_new_pace_acts_at_once() -> None:
    pace = StepPace(0.5, now_s=0.0)
    pace.stepped(0.0)
    pace.set(100.0, now_s=0.3)
    assert pace.due_s == 0.3


def test_a_run_is_behind_when_its_next_step_was_due_some_time_ago() -> None:
    pace = StepPace(10.0, now_s=0.0)
    pace.stepped(0.0)
    assert not pace.is_behind(0.11)
    assert pace.is_behind(0.16)
    assert StepPace(0.0, now_s=0.0).is_behind(0.0)


def frames_in(
    seconds: float, *, cost_s: float, is_hurried: bool, share_of_worker: float = 1.0
) -> tuple[int, float]:
    """Frames in some seconds of steps of 1 ms, and the share of the run's time they took."""
    pace, now_s, frames, trained_s = FramePace(), 5.0, 0, 0.0
    while now_s < 5 + seconds:
        now_s += 0.001 / share_of_worker
        trained_s += 0.001
        pace.stepped(0.001)
        if pace.is_due(now_s, is_hurried=is_hurried):
            pace.framed(now_s, now_s + cost_s, is_hurried=is_hurried)
            now_s += cost_s / share_of_worker
            frames += 1
    return frames, frames * cost_s / (frames * cost_s + trained_s)


@pytest.mark.parametrize(("is_hurried", "a_second"), [(True, 20), (False, 1 / FRAME_INTERVAL_S)])
def test_cheap_frames_come_twenty_times_a_second(is_hurried: bool, a_second: float) -> None:
    frames, _ = frames_in(10, cost_s=0.005, is_hurried=is_hurried)
    assert frames == pytest.approx(10 * a_second, abs=3)


@pytest.mark.parametrize("cost_s", [0.002, 0.02, 0.5])
@pytest.mark.parametrize("share_of_worker", [1.0, 0.1])
def test_where_frames_hold_training_up_they_take_a_sixth_of_the_runs_time_at_most(
    cost_s: float, share_of_worker: float
) -> None:
    _, share = frames_in(200, cost_s=cost_s, is_hurried=True, share_of_worker=share_of_worker)
    assert share < 0.19


def test_frames_missed_for_long_are_not_made_up_for() -> None:
    pace = FramePace()
    pace.framed(1.0, 1.002, is_hurried=False)
    pace.framed(60.0, 60.002, is_hurried=False)
    pace.framed(60.01, 60.012, is_hurried=False)
    assert not pace.is_due(60.012, is_hurried=False)
