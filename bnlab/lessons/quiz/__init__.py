"""The quiz: a few questions per page, each answered by an experiment on that page."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, Literal

from bnlab.lessons.questions import Choice, Numbers
from bnlab.lessons.quiz import alike, gradients, norms, one_layer, running, train_vs_eval
from bnlab.lessons.quiz.question import Amount, QuizQuestion, Slip, Verdict

PageName = Literal["one_layer", "train_vs_eval", "norms"]

# In the order of the navigation: functions that make a question with different numbers each time.
MAKERS: Final[dict[PageName, tuple[Callable[[int], QuizQuestion], ...]]] = {
    "one_layer": (*one_layer.QUESTIONS, *gradients.QUESTIONS),
    "train_vs_eval": (*running.QUESTIONS, *train_vs_eval.QUESTIONS),
    "norms": (*norms.QUESTIONS, *alike.QUESTIONS),
}
TOTAL = sum(map(len, MAKERS.values()))


@lru_cache(maxsize=64)
def questions(page: PageName, *, variation: int = 0) -> tuple[QuizQuestion, ...]:
    """The questions of a page, in their order.

    Args:
        page: its name, as in the address.
        variation: 0 or more; each has its own numbers, always the same.
    """
    return tuple(make(variation) for make in MAKERS[page])


def all_questions(variation: int) -> tuple[QuizQuestion, ...]:
    """The questions of all pages, in one variation."""
    return tuple(question for page in MAKERS for question in questions(page, variation=variation))


__all__ = [
    "TOTAL",
    "Amount",
    "Choice",
    "Numbers",
    "PageName",
    "QuizQuestion",
    "Slip",
    "Verdict",
    "all_questions",
    "questions",
]
