"""The quiz at the end of a page: one question at a time, each answered by an experiment."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import streamlit as st

from bnlab.lessons.quiz import (
    TOTAL,
    Amount,
    Choice,
    Numbers,
    PageName,
    QuizQuestion,
    all_questions,
    questions,
)
from bnlab.lessons.quiz.progress import Answer, Entry, Progress, read_progress
from pages.ui.shared.component import component

_PROGRESS = "quiz progress"  # key of st.session_state: one Progress for all pages
_WAY = "quiz way"  # how many experiments were set up, and the heading where the last one is seen
_COMPONENT = "quiz"  # key of the component

_component = component("quiz")

SetUp = Callable[[QuizQuestion], None]
Measured = Callable[[QuizQuestion], Numbers | None]


def ask(page: PageName, *, set_up: SetUp, measured: Measured = lambda question: None) -> None:
    """Ask the questions of a page; to be called last on it.

    Args:
        page: its name.
        set_up: puts `question.set_up` on the page.
        measured: what the page has measured for a question on its own network, or None. Where it
            supports exactly one answer, it decides instead of what `bnlab.lessons.quiz` computes.
    """
    _ask(page, set_up, measured)


@st.fragment
def _ask(page: PageName, set_up: SetUp, measured: Measured) -> None:
    progress = _progress()
    asked = questions(page, variation=progress.variation)
    place = min(progress.places.get(page, 0), len(asked) - 1)
    question = asked[place]
    st.subheader("Quiz", anchor=False)
    _say_progress(progress, asked)
    with st.container(border=True):
        st.markdown(f"**Question {place + 1} of {len(asked)}.** {question.text}")
        _offer_answers(progress, question, measured)
        with st.container():  # a place of its own: the buttons below stay the same elements
            _say_verdict(progress.entry(question), question)
        is_set_up = _offer_experiment(progress, question, set_up, measured)
    _turn_pages(progress, page, place, asked)
    _tell_browser(progress)
    if is_set_up:
        st.rerun()  # the whole page: the experiment stands above


def _progress() -> Progress:
    progress: Progress = st.session_state.setdefault(_PROGRESS, Progress())
    return progress


def _say_progress(progress: Progress, asked: Sequence[QuizQuestion]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"{progress.right(asked)} of {len(asked)} answered right on this page, "
            f"{progress.right()} of {TOTAL} on all pages. "
            "You can try out every question: set it up and see."
        )
        # A key for each variation: a reset closes it.
        key = f"quiz reset {progress.variation}"
        with st.popover("Start over", type="tertiary", icon=":material/restart_alt:", key=key):
            st.markdown("This forgets your answers on all pages and draws new numbers.")
            st.button("Forget all answers", key="quiz forget", on_click=progress.reset)


# --- answering ------------------------------------------------------------------------------------


def _deciding(question: QuizQuestion, measured: Measured) -> Numbers | None:
    """What the page has measured, if it decides."""
    numbers = measured(question)
    return numbers if numbers is not None and question.is_decided_by(numbers) else None


def _offer_answers(progress: Progress, question: QuizQuestion, measured: Measured) -> None:
    entry = progress.entry(question)

    def take(given: Answer) -> None:
        progress.answer(question, given, measured=_deciding(question, measured))

    if question.amount is not None:
        if entry.state == "open":
            _ask_amount(f"{question.id} number {progress.variation}", question.amount, take)
    elif entry.state == "open":
        _offer_choices(question.id, question.choices, entry, take)
    else:
        st.markdown("\n".join(f"- {_mark(choice, entry)}" for choice in question.choices))


def _offer_choices(
    key: str, choices: Sequence[Choice[Numbers]], entry: Entry, take: Callable[[Answer], None]
) -> None:
    with st.container(key="quiz_answers"):  # named in quiz.css
        for number, choice in enumerate(choices):
            was_given = choice.text in entry.given
            icon = "cancel" if was_given else "radio_button_unchecked"
            st.button(
                _mark(choice, entry),
                key=f"{key} choice {number}",
                icon=f":material/{icon}:",
                disabled=was_given,
                on_click=take,
                args=(choice.text,),
            )


def _mark(choice: Choice[Numbers], entry: Entry) -> str:
    """The text of a choice, and whether it was right."""
    if entry.state == "right" and choice.text == entry.given[-1]:
        return f"**Right: {choice.text}**"
    return f"Not right: {choice.text}" if choice.text in entry.given else choice.text


def _ask_amount(key: str, amount: Amount, take: Callable[[Answer], None]) -> None:
    def take_number() -> None:
        if (given := st.session_state[key]) is not None:
            take(given)

    unit = f", in {amount.unit.strip()}" if amount.unit else ""
    step = 1.0 if amount.tolerance >= 0.5 else 0.01
    row = st.form(f"{key} form", border=False).container(
        horizontal=True, vertical_alignment="bottom"
    )
    row.number_input(f"Your answer{unit}", value=None, step=step, format="%g", key=key, width=220)
    row.form_submit_button("Check", on_click=take_number)


def _say_verdict(entry: Entry, question: QuizQuestion) -> None:
    if not entry.given and entry.state == "open":
        return
    numbers = question.computed if entry.numbers is None else entry.numbers
    basis = question.basis if entry.numbers is None else "Measured on the network of this page."
    answer = f"{question.truth(numbers)}. {question.why.format_map(numbers)}"
    if entry.state == "right":
        tries = "on the first try" if entry.tries == 1 else f"after {entry.tries} tries"
        st.success(f"**Right, {tries}:** {answer}", icon=":material/check_circle:")
        st.caption(basis)
    elif entry.state == "shown":
        st.info(f"**The answer:** {answer}", icon=":material/visibility:")
        st.caption(basis)
    else:
        last = entry.given[-1]
        said = f"{last:g}" if isinstance(last, float) else last
        reply = question.judge(last, numbers).reply
        st.warning(
            f"**Not right:** {said}. {reply} Set it up and see, then try again.",
            icon=":material/cancel:",
        )
        st.caption(f"Tries so far: {entry.tries}.")


# --- the experiment, and the way through the questions --------------------------------------------


def _offer_experiment(
    progress: Progress, question: QuizQuestion, set_up: SetUp, measured: Measured
) -> bool:
    """The buttons below a question; whether its experiment was just put on the page."""
    entry = progress.entry(question)
    with st.container(horizontal=True):
        is_set_up = st.button(
            "Set it up",
            key=f"{question.id} set up",
            icon=":material/science:",
            help="Puts the experiment of this question on the page above.",
            on_click=_put_on_page,
            args=(_experiment(entry, question), set_up),
        )
        if entry.state == "open" and entry.given:
            st.button(
                "Show the answer",
                key=f"{question.id} show",
                type="tertiary",
                on_click=lambda: progress.show(question, measured=_deciding(question, measured)),
            )
    return is_set_up


def _experiment(entry: Entry, question: QuizQuestion) -> QuizQuestion:
    """The question with what it sets up: where the last answer leads, or the right one."""
    if entry.state == "shown":
        return question.following(question.truth(question.computed))
    return question.following(entry.given[-1]) if entry.given else question


def _put_on_page(question: QuizQuestion, set_up: SetUp) -> None:
    set_up(question)
    count, _ = st.session_state.get(_WAY, (0, ""))
    st.session_state[_WAY] = (count + 1, question.place)


def _turn_pages(
    progress: Progress, page: PageName, place: int, asked: Sequence[QuizQuestion]
) -> None:
    def turn(step: int) -> None:
        progress.places[page] = place + step

    is_done = progress.entry(asked[place]).state != "open"
    with st.container(horizontal=True):
        st.button("Previous", key="quiz previous", disabled=place == 0, on_click=turn, args=(-1,))
        st.button(
            "Next",
            key="quiz next",
            type="primary" if is_done else "secondary",
            disabled=place == len(asked) - 1,
            on_click=turn,
            args=(1,),
        )


def _tell_browser(progress: Progress) -> None:
    """What the tab keeps through a reload, and where to see the last experiment."""

    def take_back() -> None:
        kept = st.session_state[_COMPONENT]["kept"]
        if kept and progress.is_untouched:
            try:
                st.session_state[_PROGRESS] = read_progress(kept, all_questions)
            except ValueError:
                st.toast("The quiz answers kept in this browser cannot be read.")

    data = {
        "way": json.dumps(st.session_state.get(_WAY, (0, ""))),
        "progress": "" if progress.is_untouched else progress.to_json(),
    }
    _component(key=_COMPONENT, data=data, on_kept_change=take_back)
