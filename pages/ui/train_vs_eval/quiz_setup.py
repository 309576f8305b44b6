"""What the quiz uses of this page: setting up an experiment, and what was measured in it."""

from __future__ import annotations

from bnlab.lab.workers.protocol.queries import Modes, ShiftedInputs
from bnlab.lessons.quiz import Numbers, QuizQuestion
from bnlab.lessons.quiz.measured import from_changed, from_modes
from pages.ui.shared import runs
from pages.ui.train_vs_eval import session
from pages.ui.train_vs_eval.asking import kept_answer

_SECTIONS = {"train_vs_eval.forgotten": "modes", "train_vs_eval.changed": "changed"}


def set_up(question: QuizQuestion) -> None:
    """Set the controls of the page for a question."""
    session.set_up(question.set_up)


def measured(question: QuizQuestion) -> Numbers | None:
    """The numbers of a question as measured on the network of the page; None without."""
    section, run = _SECTIONS.get(question.id), runs.find(session.page.current().run)
    answer = kept_answer(section, run) if section and run else None
    if answer is None or not answer.arrays:
        return None
    match answer.query:
        case Modes(batch_sizes=sizes):
            return from_modes(question.set_up, answer.arrays, batch_sizes=sizes)
        case ShiftedInputs(scales=scales, shifts=shifts):
            return from_changed(question.set_up, answer.arrays, scales=scales, shifts=shifts)
    return None
