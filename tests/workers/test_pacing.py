"""Steps and frames are spread over time as asked; the clock here is a number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlab.workers.pacing import FRAME_INTERVAL_S, FramePace, StepPace


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
    assert due <= 11


def test_a_new_pace_acts_at_once() -> None:
    pace = StepPace(0.5, now_s=0.0)
    pace.stepped(0.0)
    pace.set(100.0, now_s=0.3)
    assert pace.due_s == 0.3


def test_a_run_is_behind_when_its_next_step_is_due_already() -> None:
    pace = StepPace(10.0, now_s=0.0)
    pace.stepped(0.0)
    assert not pace.is_behind(0.09)
    assert pace.is_behind(0.11)
    assert StepPace(0.0, now_s=0.0).is_behind(0.0)


@pytest.mark.parametrize(("is_hurried", "a_second"), [(True, 20), (False, 1 / FRAME_INTERVAL_S)])
def test_cheap_frames_come_twenty_times_a_second(is_hurried: bool, a_second: float) -> None:
    pace, now_s, frames = FramePace(), 5.0, 0
    while now_s < 15:
        if pace.is_due(now_s):
            pace.framed(now_s, now_s + 0.002, is_hurried=is_hurried)
            frames += 1
        now_s += 0.0031
    assert frames == pytest.approx(10 * a_second, abs=3)


def test_frames_missed_for_long_are_not_made_up_for() -> None:
    pace = FramePace()
    pace.framed(1.0, 1.002, is_hurried=False)
    pace.framed(60.0, 60.002, is_hurried=False)
    pace.framed(60.01, 60.012, is_hurried=False)
    assert not pace.is_due(60.012)


def test_dear_frames_take_a_fifth_of_the_time_at_most_where_they_hold_training_up() -> None:
    pace, now_s, framing_s = FramePace(), 0.0, 0.0
    while now_s < 60:
        if pace.is_due(now_s):
            pace.framed(now_s, now_s + 0.5, is_hurried=True)
            framing_s += 0.5
            now_s += 0.5
        now_s += 0.01
    assert framing_s / now_s < 1 / 5 + 0.03
