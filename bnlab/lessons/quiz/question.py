"""What a quiz question is: an experiment, and answers that are right if they hold in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from bnlab.spec.fields import refusal

Numbers = Mapping[str, float]  # what an experiment gave, by name


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One answer to choose: a claim about the numbers of the experiment.

    Args:
        text: the claim, in words.
        holds: whether the numbers bear it out.
        reply: said to who chose it though it does not hold; numbers are put in as `{name:.2f}`.
        set_up: the experiment that shows where this answer leads, if it has one of its own.
    """

    text: str
    holds: Callable[[Numbers], bool]
    reply: str = ""
    set_up: Any = None


@dataclass(frozen=True, kw_only=True)
class Slip:
    """A wrong number that a known mistake leads to, and what is said of it."""

    name: str  # among the numbers of the experiment
    reply: str


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A number to be given.

    Args:
        name: of the right one, among the numbers of the experiment.
        tolerance: how far off still counts as right.
        unit: written after the number, as " %".
        slips: wrong numbers that are told what is wrong with them.
    """

    name: str
    tolerance: float
    unit: str = ""
    slips: tuple[Slip, ...] = ()

    def written(self, numbers: Numbers) -> str:
        """The right number, a decimal finer than the tolerance."""
        decimals = max(0, 1 - math.floor(math.log10(self.tolerance)))
        return f"{round(numbers[self.name], decimals):zg}{self.unit}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is said of one answer."""

    is_right: bool
    reply: str  # what is wrong with it; empty when it is right


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question that its page answers by experiment.

    Args:
        id: as in "one_layer.turned", the same in every variation.
        text: the question.
        answers: claims to choose from, of which exactly one holds, or a number to give.
        set_up: the experiment as plain data, for the page to show and for `experiment`.
        experiment: carries `set_up` out and gives the numbers that decide.
        why: said with the answer; numbers are put in as `{name:.2f}`.
        basis: what the numbers were computed for, as a sentence.
        place: where on its page the experiment is seen: the heading of a part, or on "One layer"
            the step whose numbers show it.
    """

    id: str
    text: str
    answers: tuple[Choice, ...] | Amount
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
        """Whether numbers measured on the page bear out exactly one answer.

        A network that has hardly begun to learn may bear out none.
        """
        if isinstance(self.answers, Amount):
            return self.answers.name in measured
        return sum(answer.holds(measured) for answer in self.answers) == 1

    def truth(self, numbers: Numbers) -> str:
        """The right answer, in words; raises ValueError when not exactly one holds."""
        if isinstance(self.answers, Amount):
            return self.answers.written(numbers)
        right = [answer.text for answer in self.answers if answer.holds(numbers)]
        if len(right) != 1:
            raise refusal(self.id, f"{len(right)} right answers", "exactly one")
        return right[0]

    def judge(self, given: str | float, numbers: Numbers) -> Verdict:
        """Check one answer: the text of a choice, or a number."""
        if isinstance(self.answers, Amount):
            return _judge_amount(self.answers, float(given), numbers)
        choice = self.choice(given)
        is_right = choice.holds(numbers)
        return Verdict(
            is_right=is_right, reply="" if is_right else choice.reply.format_map(numbers)
        )

    def takes(self, given: str | float) -> bool:
        """Whether this is an answer to this question at all, right or wrong."""
        if isinstance(self.answers, Amount):
            return isinstance(given, float)
        return any(choice.text == given for choice in self.answers)

    def following(self, given: str | float) -> Question:
        """This question with the experiment that shows where an answer leads."""
        set_up = None if isinstance(self.answers, Amount) else self.choice(given).set_up
        return self if set_up is None else replace(self, set_up=set_up)

    def choice(self, text: str | float) -> Choice:
        """The choice of that text; raises ValueError when there is none."""
        for choice in self.answers if isinstance(self.answers, tuple) else ():
            if choice.text == text:
                return choice
        raise refusal(self.id, f"{text!r}", "the text of one of its choices")


def _judge_amount(amount: Amount, given: float, numbers: Numbers) -> Verdict:
    def is_near(name: str) -> bool:
        return abs(given - numbers[name]) <= amount.tolerance

    if is_near(amount.name):
        return Verdict(is_right=True, reply="")
    replies = [slip.reply.format_map(numbers) for slip in amount.slips if is_near(slip.name)]
    return Verdict(is_right=False, reply=replies[0] if replies else "")
