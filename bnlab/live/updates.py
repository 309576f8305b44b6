"""Updates: what one viewer lacks of a run, as one binary message (`bnlab.results.frames.pack`)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from bnlab.lab.runs.log import Cursor, Run, RunLog
from bnlab.live.packing import Packer
from bnlab.live.remarks import Remarks
from bnlab.live.view import View
from bnlab.results.curves import CURVES
from bnlab.results.frames import Array, Frame, Quantity, pack, unpack

_PICTURES = ("decision", "answers", "confidence")
_PER_FRAME = tuple(
    field.name
    for field in fields(Frame)
    if field.name not in {"step", "wall_s", "layers", "statistics", *CURVES, *_PICTURES}
)
Arrays = dict[str, Array]


@dataclass(frozen=True)
class Position:
    """What a viewer has got so far."""

    curves: Cursor | None = None
    frame: tuple[int, View] | None = None  # step of the frame it shows, and in which view
    has_header: bool = False
    history: tuple[Quantity, int, bool] | None = None  # of which quantity and layer, after the end?
    history_step: int = -1  # up to which step
    statistics: tuple[int, bool] | None = None  # of which unit, after the end?
    statistics_step: int = -1


class Updates(Packer[View, Position]):
    """Packs updates of races. For use in one event loop."""

    def __init__(self, log: RunLog) -> None:
        super().__init__(log)
        self._log = log
        self._remarks = Remarks(log)

    def _pack(
        self, run_id: str, about: dict[str, Any], position: Position, view: View
    ) -> tuple[bytes, Position]:
        run = self._log.get(run_id)
        cursor, curves, is_whole = self._log.curves_since(run_id, position.curves)
        arrays: Arrays = {f"curves/{name}": array for name, array in curves.items()}
        if run.header and not position.has_header:
            arrays |= {f"header/{name}": array for name, array in unpack(run.header)[1].items()}
        history, history_meta, history_key, history_step = self._history(run, position, view)
        statistics, statistics_meta, statistics_key, statistics_step = self._statistics(
            run, position, view
        )
        frame = self._frame(run_id, view)
        shown = None if frame is None else (frame.step, view)
        meta: dict[str, Any] = {
            **about,
            "run": state(run),
            "is_whole": is_whole,
            "seek": view.seek,
            "history": history_meta,
            "statistics": statistics_meta,
            **self._remarks.on(run, frame, is_seeking=view.seek is not None),
        }
        if frame is not None and (view.seek is None or shown != position.frame):
            meta |= {"step": frame.step, "wall_s": frame.wall_s, "quantity": view.quantity}
            arrays |= _frame_arrays(frame, view)
        return pack(meta, arrays | history | statistics), Position(
            curves=cursor,
            frame=shown,
            has_header=bool(run.header),
            history=history_key,
            history_step=history_step,
            statistics=statistics_key,
            statistics_step=statistics_step,
        )

    def _frame(self, run_id: str, view: View) -> Frame | None:
        step = view.seek
        if step is not None and view.toward > 0:
            kept = self._log.frame_steps(run_id)
            later = kept[kept >= step]
            step = int(later[0]) if later.size else step
        return self._log.frame_at(run_id, step)

    def _history(
        self, run: Run, position: Position, view: View
    ) -> tuple[Arrays, dict[str, Any] | None, tuple[Quantity, int, bool] | None, int]:
        if view.history is None:
            return {}, None, None, -1
        quantity, layer = view.history
        # Sent whole once more at the end: columns may have been thinned away meanwhile.
        key = (quantity, layer, run.has_ended)
        is_whole = position.history != key
        after = -1 if is_whole else position.history_step
        try:
            arrays = self._log.history(run.id, quantity, layer, after=after)
        except ValueError:
            return {}, None, None, -1  # a layer this run does not have
        steps = arrays["steps"]
        meta = {"quantity": quantity, "layer": layer, "is_whole": is_whole}
        named = {f"history/{name}": array for name, array in arrays.items()}
        return named, meta, key, int(steps[-1]) if steps.size else after

    def _statistics(
        self, run: Run, position: Position, view: View
    ) -> tuple[Arrays, dict[str, Any] | None, tuple[int, bool] | None, int]:
        if view.statistics is None:
            return {}, None, None, -1
        key = (view.statistics, run.has_ended)  # whole once more at the end, as history
        is_whole = position.statistics != key
        # The newest step again: statistics that were reset while the run rests replace it.
        after = -1 if is_whole else position.statistics_step - 1
        try:
            arrays = self._log.statistics(run.id, view.statistics, after=after)
        except ValueError:
            return {}, None, None, -1  # a unit this run does not have
        steps = arrays["steps"]
        meta = {"unit": view.statistics, "is_whole": is_whole}
        named = {f"statistics/{name}": array for name, array in arrays.items()}
        return named, meta, key, int(steps[-1]) if steps.size else position.statistics_step


def state(run: Run) -> dict[str, Any]:
    """What changes in the record of a run, for a client."""
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
