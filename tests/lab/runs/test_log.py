"""The log keeps records, frames and curves within its memory and wakes who waits."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlab.lab.runs.log import FRAMES_KEPT, RunLog, UnknownRunError
from bnlab.results.frames import QUANTITIES, Frame
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import parse
from tests.lab.runs.builders import a_frame, a_run


def log_with(*frames: Frame) -> RunLog:
    log = RunLog()
    log.add(a_run())
    for frame in frames:
        log.append("r", frame.to_bytes())
    return log


def test_a_frame_is_found_at_its_step_and_until_the_next() -> None:
    log = log_with(a_frame(0), a_frame(10), a_frame(20))
    for asked, found in ((0, 0), (9, 0), (10, 10), (19, 10), (20, 20), (99, 20), (None, 20)):
        frame = log.frame_at("r", asked)
        assert frame is not None
        assert frame.step == found


def test_before_the_first_frame_there_is_none() -> None:
    log = log_with()
    assert log.frame_at("r") is None
    assert log.frame_at("r", 5) is None
    assert log.frame_steps("r").size == 0


@given(st.lists(st.sets(st.sampled_from(QUANTITIES)), max_size=12))
def test_what_a_frame_lacks_is_filled_from_the_nearest_before(measured: list[set[str]]) -> None:
    first = a_frame(0)
    frames = [first] + [
        a_frame(step, since=step - 1, quantities=sorted(names), has_pictures=False)  # type: ignore[arg-type]
        for step, names in enumerate(measured, start=1)
    ]
    log = log_with(*frames)
    for step in range(len(frames)):
        shown = log.frame_at("r", step)
        assert shown is not None
        for quantity in QUANTITIES:
            source = next(f for f in reversed(frames[: step + 1]) if quantity in f.layers)
            expected = source.layers[quantity].mean
            np.testing.assert_array_equal(shown.layers[quantity].mean, expected)
        np.testing.assert_array_equal(shown.decision, first.decision)
        np.testing.assert_array_equal(shown.dead, frames[step].dead)


def test_data_without_pictures_needs_none() -> None:
    log = log_with(*(a_frame(step, has_pictures=False) for step in range(3)))
    shown = log.frame_at("r", 1)
    assert shown is not None
    assert shown.decision is None


def test_frames_past_six_hundred_are_thinned_and_quarter_frames_stay() -> None:
    log = RunLog()
    log.add(a_run())
    everything = a_frame(0)
    little = a_frame(1, quantities=("activation",), has_pictures=False)
    for index in range(3000):
        template = everything if index % 4 == 0 else little
        log.append("r", replace(template, step=index).to_bytes())
    steps = log.frame_steps("r")
    assert len(steps) <= FRAMES_KEPT
    assert (steps[0], steps[-1]) == (0, 2999)
    assert log.get("r").frames == 3000
    assert all(set(frame.layers) == set(QUANTITIES) for frame in log.frames("r")[:-1])


def test_a_frame_of_the_same_step_replaces_and_an_older_one_is_left_out() -> None:
    log = log_with(a_frame(0), a_frame(5, quantities=("gradient",), has_pictures=False))
    log.append("r", a_frame(5).to_bytes())
    log.append("r", a_frame(3).to_bytes())
    assert log.frame_steps("r").tolist() == [0, 5]
    assert log.get("r").frames == 2
    assert set(log.frames("r")[1].layers) == set(QUANTITIES)


def test_history_has_one_layer_over_time() -> None:
    frames = [
        a_frame(0),
        a_frame(1, quantities=("gradient",)),
        a_frame(2, quantities=("activation",)),
    ]
    history = log_with(*frames).history("r", "activation", 2)
    assert history["steps"].tolist() == [0, 2]
    assert history["counts"].shape == (2, 2, 48)
    assert history["percentiles"].shape == (2, 2, 3)
    expected = frames[2].layers["activation"].histogram
    np.testing.assert_array_equal(history["counts"][:, 1], expected.counts[:, 2])
    np.testing.assert_array_equal(history["under"][:, 1], expected.under[:, 2])


def test_history_gives_only_later_steps_when_asked_and_may_be_empty() -> None:
    log = log_with(a_frame(0), a_frame(1))
    assert log.history("r", "activation", 0, after=0)["steps"].tolist() == [1]
    assert log.history("r", "activation", 0, after=1)["counts"].shape == (0, 0, 48)


def test_history_of_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="layer must be 0 to 2"):
        log_with(a_frame(0)).history("r", "activation", 3)


def test_statistics_of_a_unit_have_a_row_a_frame_and_may_be_empty() -> None:
    frames = [a_frame(0), a_frame(4), a_frame(9, has_pictures=False), a_frame(12)]
    log = log_with(*frames)
    found = log.statistics("r", 3)
    assert found["steps"].tolist() == [0, 4, 12]
    assert frames[1].statistics is not None
    np.testing.assert_array_equal(found["values"][1], frames[1].statistics[:, :, 3])
    assert log.statistics("r", 3, after=4)["steps"].tolist() == [12]
    empty = log.statistics("r", 3, after=12)
    assert (empty["values"].shape, empty["distances"].shape) == ((0, 0, 6), (0, 0, 4))


def test_statistics_of_a_unit_that_is_not_there_are_refused() -> None:
    with pytest.raises(ValueError, match="unit must be 0 to 4"):
        log_with(a_frame(0)).statistics("r", 5)


def test_torn_bytes_are_refused_and_nothing_is_lost() -> None:
    log = log_with(a_frame(0))
    with pytest.raises(ValueError, match="truncated"):
        log.append("r", a_frame(1).to_bytes()[:100])
    assert log.frame_steps("r").tolist() == [0]


def test_the_first_ending_stays() -> None:
    log = log_with(a_frame(0))
    log.end("r", "failed", reason="It broke.")
    log.end("r", "completed")
    log.update("r", state="running")
    assert (log.get("r").state, log.get("r").reason) == ("failed", "It broke.")


def test_an_ending_keeps_the_last_points_of_thinned_curves() -> None:
    log = log_with(a_frame(0), *(a_frame(step, since=step - 700) for step in range(700, 7001, 700)))
    assert log.curves_since("r", None)[1]["loss_steps"][-1] < 7000
    log.end("r", "completed")
    assert log.curves_since("r", None)[1]["loss_steps"][-1] == 7000


def test_a_run_that_is_not_there_is_told_in_a_sentence() -> None:
    log = RunLog()
    for ask in (log.get, log.frame_at, log.frame_steps, log.version):
        with pytest.raises(UnknownRunError, match="There is no run 'gone'"):
            ask("gone")


def test_the_same_id_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="already"):
        log_with().add(a_run())


def test_of_ended_runs_the_least_recently_watched_is_dropped_first() -> None:
    size = len(a_frame(0).to_bytes()) + 6000
    log = RunLog(max_bytes=3 * size)
    for run_id in ("first", "second", "third"):
        log.add(a_run(run_id))
        log.append(run_id, a_frame(0).to_bytes())
        log.end(run_id, "completed")
    log.frame_at("first")  # somebody looks at it again
    log.add(a_run("fourth"))
    log.append("fourth", a_frame(0).to_bytes())
    assert [run.id for run in log.runs()] == ["first", "third", "fourth"]


def test_a_run_under_way_is_never_dropped_but_loses_frames() -> None:
    size = len(a_frame(0).to_bytes())
    log = RunLog(max_bytes=20 * size)
    log.add(a_run())
    for step in range(100):
        log.append("r", a_frame(step).to_bytes())
    steps = log.frame_steps("r")
    assert 2 <= len(steps) <= 20
    assert (steps[0], steps[-1]) == (0, 99)


def test_every_change_raises_the_version_and_wakes_a_waiting_thread() -> None:
    log = log_with()
    version = log.version("r")
    writer = threading.Timer(0.05, log.update, ("r",), {"pace": 5.0})
    writer.start()
    assert log.wait("r", version, timeout_s=10) > version
    writer.join()
    assert log.wait("r", version, timeout_s=0) > version
    assert log.wait("r", log.version("r"), timeout_s=0.01) == log.version("r")


def test_many_waiters_of_an_event_loop_are_woken_by_a_change_in_a_thread() -> None:
    log = log_with()

    async def wait_all() -> list[int]:
        version = log.version("r")
        waiting = [asyncio.create_task(log.wait_for("r", version)) for _ in range(30)]
        await asyncio.sleep(0)
        await asyncio.to_thread(log.append, "r", a_frame(0).to_bytes())
        return await asyncio.wait_for(asyncio.gather(*waiting), 10)

    assert len(set(asyncio.run(wait_all()))) == 1


def test_a_waiter_that_gives_up_leaves_nothing_behind() -> None:
    log = log_with()

    async def give_up() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(log.wait_for("r", log.version("r")), 0.01)

    asyncio.run(give_up())
    log.append("r", a_frame(0).to_bytes())  # would wake a loop that is closed


def test_who_waits_for_a_run_that_is_dropped_is_told() -> None:
    log = RunLog(max_bytes=10_000)
    log.add(a_run("old"))

    async def wait() -> None:
        log.end("old", "completed")
        task = asyncio.create_task(log.wait_for("old", log.version("old")))
        await asyncio.sleep(0)
        log.add(a_run("new"))
        log.append("new", a_frame(0).to_bytes())
        await asyncio.wait_for(task, 10)
        with pytest.raises(UnknownRunError):
            await log.wait_for("old", 0)

    asyncio.run(wait())


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"variants": {"a": {"steps": 900}, "b": {}}},
        {"variants": {"a": {"steps": 5}, "b": {"steps": 7}}},
        {"axes": {"steps": [20, 30]}},
    ],
    ids=str,
)
def test_the_steps_of_a_run_are_those_of_its_longest_member(document: dict[str, Any]) -> None:
    experiment = parse(Experiment, document)
    longest = max(member.spec.steps for member in experiment.members())
    assert replace(a_run(), experiment=experiment).steps == longest
