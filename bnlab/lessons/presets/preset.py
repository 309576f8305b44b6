"""What a preset is: an experiment worth a class's time, with its question and its claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bnlab.results.curves import Answer, Condition, Question, Statement
from bnlab.results.frames import Quantity
from bnlab.spec.experiment import Experiment

PanelName = Literal[
    "loss",
    "accuracy",
    "pictures",
    "distributions",
    "gradients",
    "updates",
    "saturation",
    "running",
    "history",
]


@dataclass(frozen=True)
class Preset:
    """An experiment that shows one thing, and what is said of it."""

    name: str
    title: str
    story: str  # one sentence, shown before the run
    question: Question
    why: str  # what it shows, in plain words with its source; shown after the run
    experiment: Experiment
    pace: int  # steps per second
    panels: tuple[PanelName, ...]
    quantity: Quantity  # whose distributions are drawn
    statement: Statement  # what happens, in numbers; held against fresh seeds by a test


NEVER = 1e9  # more steps than any run has: only "never" is above


def first(variant: str, *others: str) -> Statement:
    """The variant reaches the target before each of the others."""
    return tuple(Condition(variant, "steps_to_target", below=1.0, over=other) for other in others)


def which_is_first(percent: int, *variants: str) -> Question:
    """Which variant is the first to get so many percent of the validation examples right?"""
    answers = [
        Answer(variant, first(variant, *(name for name in variants if name != variant)))
        for variant in variants
    ]
    return Question(
        f"Which network is the first to get {percent} % of unseen examples right?",
        (*answers, Answer("no single one", ())),
    )


def will_it_learn(variant: str, than: str, subject: str, percent: int = 90) -> Question:
    """Will the variant reach the target, so many percent, at all, and as fast as another one?"""
    is_late = Condition(variant, "steps_to_target", above=1.5, over=than)
    return Question(
        f"Will {subject} learn this, that is, get {percent} % of unseen examples right?",
        (
            Answer("no", (Condition(variant, "steps_to_target", above=NEVER),)),
            Answer("yes, but later", (is_late,)),
            Answer("yes, as fast", ()),
        ),
    )
