"""What a quiz question is: an experiment, and answers that are right if they hold in it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from bnlab.lessons.questions import Choice as Choice
from bnlab.lessons.questions import Numbers, Question
from bnlab.spec.fields import refusal


@dataclass(frozen=True, kw_only=True)
class Slip:
    """A wrong number that results from a known mistake, and the reply to it."""

    name: str  # among the numbers of the experiment
    reply: str


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A number to be given.

    Args:
        name: of the correct number, among the numbers of the experiment.
        tolerance: how far off still counts as right.
        unit: written after the number, such as " %".
        slips: wrong numbers with a reply of their own.
    """

    name: str
    tolerance: float
    unit: str = ""
    slips: tuple[Slip, ...] = ()

    def written(self, numbers: Numbers) -> str:
        """The correct number, with one decimal more than the tolerance."""
        decimals = max(0, 1 - math.floor(math.log10(self.tolerance)))
        return f"{round(numbers[self.name], decimals):zg}{self.unit}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The judgement of one answer."""

    is_right: bool
    reply: str  # what is wrong with it; empty when it is right


@dataclass(frozen=True, kw_only=True)
class QuizQuestion(Question[Numbers]):
    """A question that its page answers by experiment.

    Exactly one of its choices holds; or it has no choices and a number is to be given.

    Args:
        id: such as "one_layer.turned", the same in every variation.
        amount: the number to be given, if the question has no choices.
        set_up: the experiment as plain data, for the page to show and for `experiment`.
        experiment: carries out `set_up` and gives the numbers that decide.
        why: shown with the answer; numbers are inserted as `{name:.2f}`.
        basis: what the numbers were computed for, as a sentence.
        place: where the experiment is on its page: the heading of a part, or on "One layer"
            the step whose numbers show it.
    """

    id: str
    amount: Amount | None = None
    set_up: Any
    experiment: Callable[[Any], Numbers]
    why: str
    basis: str
    place: str = ""

    @cached_property
    def computed(self) -> Numbers:
        """The numbers of the experiment as it is set up."""
        return self.experiment(self.set_up)

    def is_decided_by(self, measured: Numbers) -> bool:
        """Whether numbers measured on the page confirm exactly one answer.

        A network that has hardly begun to learn may confirm none.
        """
        if self.amount is not None:
            return self.amount.name in measured
        return sum(choice.holds(measured) for choice in self.choices) == 1

    def truth(self, numbers: Numbers) -> str:
        """The right answer, in words; raises SpecError unless exactly one holds."""
        if self.amount is not None:
            return self.amount.written(numbers)
        right = [choice.text for choice in self.choices if choice.holds(numbers)]
        if len(right) != 1:
            raise refusal(self.id, f"{len(right)} right answers", "a question with exactly one")
        return right[0]

    def judge(self, given: str | float, numbers: Numbers) -> Verdict:
        """Check one answer: the text of a choice, or a number."""
        if self.amount is not None:
            return _judge_amount(self.amount, float(given), numbers)
        choice = self.choice(given)
        is_right = choice.holds(numbers)
        return Verdict(
            is_right=is_right, reply="" if is_right else choice.reply.format_map(numbers)
        )

    def takes(self, given: str | float) -> bool:
        """Whether this is an answer to this question at all, right or wrong."""
        return isinstance(given, float) if self.amount is not None else given in self.answers

    def following(self, given: str | float) -> QuizQuestion:
        """This question with the experiment that shows where an answer leads."""
        set_up = None if self.amount is not None else self.choice(given).set_up
        return self if set_up is None else replace(self, set_up=set_up)


def _judge_amount(amount: Amount, given: float, numbers: Numbers) -> Verdict:
    def is_near(name: str) -> bool:
        return abs(given - numbers[name]) <= amount.tolerance

    if is_near(amount.name):
        return Verdict(is_right=True, reply="")
    replies = [slip.reply.format_map(numbers) for slip in amount.slips if is_near(slip.name)]
    return Verdict(is_right=False, reply=replies[0] if replies else "")
