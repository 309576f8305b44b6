"""An update brings exactly what a viewer lacks; equal viewers get the very same bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bnlab.lab.runs.log import RunLog
from bnlab.live.updates import Position, Updates
from bnlab.live.view import View
from bnlab.results.frames import QUANTITIES, Array, unpack
from tests.lab.runs.builders import a_frame, a_run

EVERYTHING = View("activation", True)


def a_race() -> tuple[RunLog, Updates, Callable[..., None]]:
    """A log with one run, what packs its updates, and a way to append frames to it."""
    log = RunLog()
    log.add(a_run())

    def append(step: int, **options: Any) -> None:
        log.append("r", a_frame(step, **options).to_bytes())

    return log, Updates(log), append


def test_a_reader_who_joins_all_updates_has_the_whole_curves() -> None:
    log, updates, append = a_race()
    position, steps = Position(), []
    for step in (5, 9, 20):
        append(step, since=steps[-1] if steps else 0)
        data, position = updates.next("r", log.version("r"), position, view=EVERYTHING)
        meta, arrays = unpack(data)
        assert meta["is_whole"] is (step == 5)
        steps += list(arrays["curves/loss_steps"])
    assert steps == list(range(1, 21))


def test_viewers_that_lack_the_same_get_the_same_bytes() -> None:
    log, updates, append = a_race()
    append(5)
    one, after_one = updates.next("r", log.version("r"), Position(), view=EVERYTHING)
    two, after_two = updates.next("r", log.version("r"), Position(), view=EVERYTHING)
    assert one is two and after_one == after_two
    three, _ = updates.next("r", log.version("r"), Position(), view=View())
    assert len(three) < len(one)


def test_only_what_a_view_shows_is_sent() -> None:
    log, updates, append = a_race()
    append(5)
    for quantity in (None, *QUANTITIES):
        data, _ = updates.next("r", log.version("r"), Position(), view=View(quantity))
        meta, arrays = unpack(data)
        assert ("layers/counts" in arrays) is (quantity is not None)
        assert meta["quantity"] == quantity
        assert "decision" not in arrays and "gradient_norm" in arrays


def test_looking_back_sends_that_frame_once_while_curves_go_on() -> None:
    log, updates, append = a_race()
    for step in (5, 9, 20):
        append(step, since=step - 1)
    view = View("activation", seek=10)
    data, position = updates.next("r", log.version("r"), Position(), view=view)
    assert unpack(data)[0]["step"] == 9
    append(30, since=29)
    meta, arrays = unpack(updates.next("r", log.version("r"), position, view=view)[0])
    assert "step" not in meta and "layers/counts" not in arrays
    assert list(arrays["curves/loss_steps"]) == [30]


def test_looking_on_finds_the_next_frame_and_looking_back_the_one_before() -> None:
    log, updates, append = a_race()
    for step in (5, 9, 20):
        append(step, since=step - 1)

    def shown(view: View) -> int:
        step: int = unpack(updates.next("r", log.version("r"), Position(), view=view)[0])[0]["step"]
        return step

    assert shown(View(seek=6, toward=1)) == 9
    assert shown(View(seek=8, toward=-1)) == 5
    assert shown(View(seek=99, toward=1)) == 20
    assert shown(View(seek=0, toward=-1)) == 5


def test_history_is_sent_whole_then_by_its_tail_then_whole_at_the_end() -> None:
    log, updates, append = a_race()
    view = View(history=("activation", 1))

    def sent(position: Position) -> tuple[dict[str, Any], Array, Position]:
        data, position = updates.next("r", log.version("r"), position, view=view)
        meta, arrays = unpack(data)
        return meta["history"], arrays["history/steps"], position

    append(5)
    append(9, since=5)
    meta, steps, position = sent(Position())
    assert meta["is_whole"] and list(steps) == [5, 9]
    append(20, since=9)
    meta, steps, position = sent(position)
    assert not meta["is_whole"] and list(steps) == [20]
    log.end("r", "completed")
    meta, steps, position = sent(position)
    assert meta["is_whole"] and list(steps) == [5, 9, 20]


def test_statistics_of_a_unit_are_sent_whole_then_from_the_newest_step_then_whole() -> None:
    log, updates, append = a_race()

    def sent(position: Position, unit: int = 2) -> tuple[bool, dict[str, Array], Position]:
        view = View(statistics=unit)
        data, position = updates.next("r", log.version("r"), position, view=view)
        meta, arrays = unpack(data)
        parts = ("steps", "values", "distances")
        named = {name: arrays[f"statistics/{name}"] for name in parts}
        return meta["statistics"]["is_whole"], named, position

    append(5)
    append(9, since=5)
    is_whole, first, position = sent(Position())
    assert is_whole and list(first["steps"]) == [5, 9]
    assert (first["values"].shape, first["distances"].shape) == ((2, 2, 6), (2, 2, 4))
    append(9)  # statistics were reset while the run rested
    append(20, since=9)
    is_whole, tail, position = sent(position)
    assert not is_whole and list(tail["steps"]) == [9, 20]
    assert sent(position, unit=1)[0]
    log.end("r", "completed")
    is_whole, last, position = sent(position)
    assert is_whole and list(last["steps"]) == [5, 9, 20]


def test_statistics_of_a_unit_that_is_not_there_are_left_out() -> None:
    log, updates, append = a_race()
    append(5)
    data, _ = updates.next("r", log.version("r"), Position(), view=View(statistics=99))
    assert unpack(data)[0]["statistics"] is None


def test_the_history_of_a_layer_that_is_none_is_left_out() -> None:
    log, updates, append = a_race()
    append(5)
    data, _ = updates.next("r", log.version("r"), Position(), view=View(history=("activation", 99)))
    assert unpack(data)[0]["history"] is None


def test_counts_arrive_as_they_were_measured() -> None:
    log, updates, append = a_race()
    append(5)
    arrays = unpack(updates.next("r", log.version("r"), Position(), view=EVERYTHING)[0])[1]
    frame = log.frame_at("r")
    assert frame is not None
    histogram = frame.layers["activation"].histogram
    np.testing.assert_array_equal(arrays["layers/counts"], histogram.counts)
    np.testing.assert_array_equal(arrays["layers/under"], histogram.under)
    np.testing.assert_array_equal(arrays["layers/over"], histogram.over)
