"""Sentences that follow from the state of the numbers alone, whichever preset they came from."""

from __future__ import annotations

from dataclasses import dataclass

from bnlab.frames import Frame
from bnlab.measures import Curves, Question, true_answer
from bnlab.spec import Experiment

MOST_SENTENCES = 3


@dataclass(frozen=True)
class Sentence:
    """One remark; `variant` is None when it is about the race as a whole."""

    variant: str | None
    kind: str
    text: str


def comment(experiment: Experiment, frame: Frame, curves: Curves) -> list[Sentence]:
    """At most three sentences on the state of a run, the most important first."""
    return []


def outcome(question: Question, experiment: Experiment, curves: Curves) -> str | None:
    """The text of the answer that the measured curves give; None when the question is void."""
    answer = true_answer(question, experiment, curves)
    return None if answer is None else answer.text
