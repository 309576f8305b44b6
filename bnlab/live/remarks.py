"""What is said about a run: commentary while it trains, the answer to its question at the end."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from bnlab.lab.runs.log import Run, RunLog
from bnlab.lessons.commentary import comment
from bnlab.lessons.presets import Raced, question_for
from bnlab.results.curves import Curves
from bnlab.results.frames import Frame

_EVERY_S = 0.25  # sentences that change faster cannot be read
_KEPT_RUNS = 64


@dataclass(frozen=True)
class _Said:
    at_s: float
    key: tuple[int, bool, bool]
    remarks: dict[str, Any]


class Remarks:
    """Sentences about runs, rewritten a few times per second at most."""

    def __init__(self, log: RunLog) -> None:
        self._log = log
        self._said: dict[str, _Said] = {}

    def on(self, run: Run, frame: Frame | None, *, is_seeking: bool) -> dict[str, Any]:
        """The sentences about the state at a frame, and the outcome of a completed run."""
        if frame is None or run.step == 0:
            return {"comments": [], "outcome": None}  # no loss yet to comment on
        key = (frame.step, is_seeking, run.has_ended)
        said = self._said.get(run.id)
        is_still = is_seeking or run.state != "running"
        if said is not None and not _is_due(said, key, is_still=is_still):
            return said.remarks
        remarks = self._make(run, frame)
        self._said.pop(run.id, None)
        self._said[run.id] = _Said(time.monotonic(), key, remarks)
        if len(self._said) > _KEPT_RUNS:
            del self._said[next(iter(self._said))]
        return remarks

    def _make(self, run: Run, frame: Frame) -> dict[str, Any]:
        curves = Curves.from_arrays(self._log.curves_since(run.id, None)[1])
        comments = [asdict(sentence) for sentence in comment(run.experiment, frame, curves)]
        return {"comments": comments, "outcome": _outcome(run, curves)}


def _is_due(said: _Said, key: tuple[int, bool, bool], *, is_still: bool) -> bool:
    if said.key == key:
        return False
    return is_still or said.key[1:] != key[1:] or time.monotonic() - said.at_s >= _EVERY_S


def _outcome(run: Run, curves: Curves) -> dict[str, Any] | None:
    """The answer to the question asked before a run, once the run is completed."""
    question = question_for(run.experiment) if run.state == "completed" else None
    if question is None:
        return None
    truth = question.true_answer(Raced(run.experiment, curves))
    return {"question": question.text, "measured": truth}
