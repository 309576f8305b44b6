"""What presets are: experiments to start from, with their questions and statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

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
    """What decides the question of a race."""

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


PLAIN_FAILS: Final = will_it_learn("none", "batch", "the network without batch norm")


@dataclass(frozen=True, kw_only=True)
class Preset:
    """An experiment to start from, one click away."""

    name: str
    title: str
    story: str  # one sentence, shown before the run
    experiment: Experiment
    pace: int = 0  # steps per second; 0: full speed


@dataclass(frozen=True, kw_only=True)
class RacePreset(Preset):
    """A race that shows one thing, with a question before it and what it shows after it."""

    question: Question[Raced] = PLAIN_FAILS
    why: str  # what it shows, in plain words with its source; shown after the run
    panels: tuple[PanelName, ...] = (
        "loss", "accuracy", "pictures", "distributions", "gradients",
    )  # fmt: skip
    quantity: Quantity  # whose distributions are drawn
    statement: Statement  # what happens, in numbers; tested on other seeds
