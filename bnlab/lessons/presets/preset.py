"""What a preset is: an experiment worth a class's time, with its question and its claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from bnlab.lessons.questions import Choice, Question
from bnlab.results.curves import Condition, Curves, Statement, holds_in_the_median
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


class Raced(NamedTuple):
    """What the question of a race is decided by."""

    experiment: Experiment
    curves: Curves


@dataclass(frozen=True)
class InTheMedian:
    """Whether all conditions hold for the median over the seeds of a race."""

    conditions: Statement

    def __call__(self, raced: Raced) -> bool:
        return holds_in_the_median(self.conditions, *raced)


def answer(text: str, *conditions: Condition) -> Choice[Raced]:
    """One answer to the question of a race, and the conditions under which it is true."""
    return Choice(text=text, holds=InTheMedian(conditions))


@dataclass(frozen=True)
class Preset:
    """An experiment that shows one thing, and what is said of it."""

    name: str
    title: str
    story: str  # one sentence, shown before the run
    question: Question[Raced]
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


def which_is_first(percent: int, *variants: str) -> Question[Raced]:
    """Which variant is the first to classify this percentage of the validation examples?"""
    answers = [
        answer(variant, *first(variant, *(name for name in variants if name != variant)))
        for variant in variants
    ]
    return Question(
        text=f"Which network is the first to get {percent} % of unseen examples right?",
        choices=(*answers, answer("no single one")),
    )


def will_it_learn(variant: str, than: str, subject: str, percent: int = 90) -> Question[Raced]:
    """Will the variant reach the target of this percentage at all, and as fast as another one?"""
    return Question(
        text=f"Will {subject} learn this, that is, get {percent} % of unseen examples right?",
        choices=(
            answer("no", Condition(variant, "steps_to_target", above=NEVER)),
            answer("yes, but later", Condition(variant, "steps_to_target", above=1.5, over=than)),
            answer("yes, as fast"),
        ),
    )
