"""A learner's progress in the quiz: answers, number of tries, and what was right."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from bnlab.lessons.questions import Numbers
from bnlab.lessons.quiz.question import QuizQuestion

State = Literal["open", "right", "shown"]
Answer = str | float  # the text of a choice, or a number
Count = Annotated[int, Field(ge=0, le=1_000_000)]


@dataclass(frozen=True)
class Entry:
    """Progress with one question.

    Args:
        given: every answer so far, in order.
        state: "shown" if the answer was revealed before it was found.
        numbers: what decided, if it was measured; None if it is computed.
    """

    given: tuple[Answer, ...] = ()
    state: State = "open"
    numbers: Numbers | None = None

    @property
    def tries(self) -> int:
        """How many answers were given."""
        return len(self.given)


@dataclass
class Progress:
    """Progress with the quiz of all pages.

    Args:
        variation: of the questions' numbers; a reset moves on to the next.
        entries: by question id.
        places: which question of each page is on screen, from 0.
    """

    variation: Count = 0
    entries: dict[str, Entry] = field(default_factory=dict)
    places: dict[str, Count] = field(default_factory=dict)

    def entry(self, question: QuizQuestion) -> Entry:
        """The progress with one question."""
        return self.entries.get(question.id, Entry())

    def answer(self, question: QuizQuestion, given: Answer, *, measured: Numbers | None) -> None:
        """Record an answer; repetitions do not count, nor do answers after the end.

        Args:
            question: the one on screen.
            given: the text of a choice, or a number.
            measured: what decides, if the page has measured it; None for the computed numbers.
        """
        entry = self.entry(question)
        if entry.state != "open" or given in entry.given:
            return
        numbers = question.computed if measured is None else measured
        state: State = "right" if question.judge(given, numbers).is_right else "open"
        self.entries[question.id] = Entry((*entry.given, given), state, measured)

    def show(self, question: QuizQuestion, *, measured: Numbers | None) -> None:
        """Give up on a question: its answer is shown and does not count as found."""
        entry = self.entry(question)
        if entry.state == "open":
            self.entries[question.id] = replace(entry, state="shown", numbers=measured)

    def right(self, questions: Iterable[QuizQuestion] | None = None) -> int:
        """How many questions were answered right, of these or of all."""
        entries = self.entries.values() if questions is None else map(self.entry, questions)
        return sum(entry.state == "right" for entry in entries)

    @property
    def is_untouched(self) -> bool:
        """Whether nothing has been answered yet."""
        return self.variation == 0 and not self.entries

    def reset(self) -> None:
        """Forget everything, and use different numbers."""
        self.variation += 1
        self.entries.clear()
        self.places.clear()

    def to_json(self) -> str:
        """The progress as text, without measured numbers."""
        return _FORM.dump_json(self, exclude={"entries": {"__all__": {"numbers"}}}).decode()


def read_progress(text: str, questions: Callable[[int], Iterable[QuizQuestion]]) -> Progress:
    """Progress from its text; answers that no longer fit the questions are left out.

    Args:
        text: as `Progress.to_json` wrote it, perhaps in an earlier release.
        questions: gives all questions of a variation.

    Raises:
        ValueError: the text is not a progress.
    """
    kept = _FORM.validate_json(text)
    entries = {
        question.id: kept.entries[question.id]
        for question in questions(kept.variation)
        if question.id in kept.entries and _fits(kept.entries[question.id], question)
    }
    return replace(kept, entries=entries)


def _fits(entry: Entry, question: QuizQuestion) -> bool:
    if not all(map(question.takes, entry.given)):
        return False
    if entry.state != "right":
        return True
    return bool(entry.given) and question.judge(entry.given[-1], question.computed).is_right


_FORM = TypeAdapter(Progress)
