"""Updates: what one viewer lacks of a run, as one binary message (`bnlab.results.frames.pack`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from bnlab.lab.runs.log import Cursor, Run, RunLog
from bnlab.live.packing import Packer
from bnlab.live.remarks import Remarks
from bnlab.live.view import View
from bnlab.results.curves import CURVES
from bnlab.results.frames import Array, Frame, pack, unpack

_PICTURES = ("decision", "answers", "confidence")
_PER_FRAME = tuple(
    field.name
    for field in fields(Frame)
    if field.name not in {"step", "wall_s", "layers", "statistics", *CURVES, *_PICTURES}
)
Arrays = dict[str, Array]


class Tail(NamedTuple):
    """Up to where a viewer has something that grows by steps."""

    key: tuple[Any, ...]  # what it is, and whether it is that of a run that has ended
    step: int


@dataclass(frozen=True)
class Position:
    """What a viewer has received so far."""

    curves: Cursor | None = None
    frame: tuple[int, View] | None = None  # step of the frame it shows, and the view
    has_header: bool = False
    history: Tail | None = None
    statistics: Tail | None = None


class Updates(Packer[RunLog, View, Position]):
    """Packs updates of races. For use in one event loop."""

    def __init__(self, log: RunLog) -> None:
        super().__init__(log)
        self._remarks = Remarks(log)

    def _pack(
        self, run_id: str, about: dict[str, Any], position: Position, view: View
    ) -> tuple[bytes, Position]:
        run = self.log.get(run_id)
        cursor, curves, is_whole = self.log.curves_since(run_id, position.curves)
        arrays: Arrays = {f"curves/{name}": array for name, array in curves.items()}
        if run.header and not position.has_header:
            arrays |= {f"header/{name}": array for name, array in unpack(run.header)[1].items()}
        history = self._history(run, view, position.history)
        statistics = self._statistics(run, view, position.statistics)
        frame = self._frame(run_id, view)
        shown = None if frame is None else (frame.step, view)
        meta: dict[str, Any] = {
            **about,
            "run": state(run),
            "is_whole": is_whole,
            "seek": view.seek,
            "history": history.meta,
            "statistics": statistics.meta,
            **self._remarks.on(run, frame, is_seeking=view.seek is not None),
        }
        if frame is not None and (view.seek is None or shown != position.frame):
            meta |= {"step": frame.step, "wall_s": frame.wall_s, "quantity": view.quantity}
            arrays |= _frame_arrays(frame, view)
        return pack(meta, arrays | history.arrays | statistics.arrays), Position(
            cursor, shown, bool(run.header), history.tail, statistics.tail
        )

    def _frame(self, run_id: str, view: View) -> Frame | None:
        step = view.seek
        if step is not None and view.toward > 0:
            kept = self.log.frame_steps(run_id)
            later = kept[kept >= step]
            step = int(later[0]) if later.size else step
        return self.log.frame_at(run_id, step)

    def _history(self, run: Run, view: View, tail: Tail | None) -> _Sent:
        if view.history is None:
            return _NOTHING
        quantity, layer = view.history
        read = partial(self.log.history, run.id, quantity, layer)
        about = {"quantity": quantity, "layer": layer}
        return _lacking("history", about, (*view.history, run.has_ended), tail, read)

    def _statistics(self, run: Run, view: View, tail: Tail | None) -> _Sent:
        if view.statistics is None:
            return _NOTHING
        read = partial(self.log.statistics, run.id, view.statistics)
        key = (view.statistics, run.has_ended)
        # The newest step again: statistics that were reset while the run rests replace it.
        return _lacking("statistics", {"unit": view.statistics}, key, tail, read, again=1)


class _Sent(NamedTuple):
    """What a viewer lacks of something that grows by steps."""

    arrays: Arrays
    meta: dict[str, Any] | None
    tail: Tail | None


_NOTHING = _Sent({}, None, None)


def _lacking(
    name: str,
    about: dict[str, Any],
    key: tuple[Any, ...],
    tail: Tail | None,
    read: Callable[..., Arrays],
    *,
    again: int = 0,
) -> _Sent:
    """All of it when the viewer has nothing of this key, else what came after its tail.

    The key ends with whether the run has ended: then all of it is sent once more, as steps may
    have been thinned out meanwhile. `again`: how many of the last steps are sent once more.
    """
    is_whole = tail is None or tail.key != key
    before = -1 if tail is None or is_whole else tail.step
    try:
        arrays = read(after=before - again)
    except ValueError:
        return _NOTHING  # a layer or a unit this run does not have
    steps = arrays["steps"]
    last = int(steps[-1]) if steps.size else before
    named = {f"{name}/{part}": array for part, array in arrays.items()}
    return _Sent(named, {**about, "is_whole": is_whole}, Tail(key, last))


def state(run: Run) -> dict[str, Any]:
    """The parts of a run's record that change, for a client."""
    return {
        "id": run.id,
        "state": run.state,
        "has_ended": run.has_ended,
        "reason": run.reason,
        "step": run.step,
        "pace": run.pace,
        "device": run.device,
        "interventions": [change.model_dump() for change in run.interventions],
    }


def _frame_arrays(frame: Frame, view: View) -> Arrays:
    """The parts of a frame that a view shows, by the names of its binary form."""
    arrays: Arrays = {name: getattr(frame, name) for name in _PER_FRAME}
    if view.shows_pictures:
        pictures = {name: getattr(frame, name) for name in _PICTURES}
        arrays |= {name: picture for name, picture in pictures.items() if picture is not None}
    stats = frame.layers.get(view.quantity) if view.quantity else None
    if stats is not None:
        arrays |= {
            "layers/mean": stats.mean,
            "layers/std": stats.std,
            "layers/percentiles": stats.percentiles,
            "layers/counts": stats.histogram.counts,
            "layers/under": stats.histogram.under,
            "layers/over": stats.histogram.over,
        }
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}
