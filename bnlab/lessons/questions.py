"""Predict, then check: a question, its choices, and which of them the measurement confirms.

All questions that are asked before a measurement have this form: those of presets, of the page
"Training and inference", of trials on the layer example, and of the quiz.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bnlab.spec.fields import refusal

Numbers = Mapping[str, float]  # the results of an experiment, by name
M = TypeVar("M")  # what decides: numbers by name, or the curves of a race


@dataclass(frozen=True, kw_only=True)
class Choice(Generic[M]):
    """One answer to choose: a claim about what is measured.

    Args:
        text: the claim, in words.
        holds: whether the measurement confirms it.
        reply: shown to a learner who chose it although it does not hold; numbers are inserted as
            `{name:.2f}`.
        set_up: the experiment that shows where this answer leads, if it has one of its own.
    """

    text: str
    holds: Callable[[M], bool]
    reply: str = ""
    set_up: Any = None


Choices = tuple[Choice[Numbers], ...]


@dataclass(frozen=True, kw_only=True)
class Question(Generic[M]):
    """A question and its choices, tried in order: the first that holds is true."""

    text: str
    choices: tuple[Choice[M], ...] = ()

    @property
    def answers(self) -> tuple[str, ...]:
        """The texts of the choices."""
        return tuple(choice.text for choice in self.choices)

    def true_answer(self, measured: M) -> str | None:
        """The text of the true choice; None if none holds or its subject was not measured."""
        try:
            return next((choice.text for choice in self.choices if choice.holds(measured)), None)
        except KeyError:
            return None

    def choice(self, text: str | float) -> Choice[M]:
        """The choice of that text; raises SpecError if there is none."""
        for choice in self.choices:
            if choice.text == text:
                return choice
        raise refusal("answer", f"{text!r}", "the text of one of the choices")


def reply(prediction: str, truth: str | None) -> str:
    """What is said about a prediction once the true answer is known, in Markdown."""
    if truth is None:
        return f"You said: **{prediction}**. None of the answers holds here."
    verdict = "As you said." if truth == prediction else "Not what you said."
    return f"You said: **{prediction}**. Measured: **{truth}**. {verdict}"
