"""Things to try on the layer example: a prediction, the change, and what the numbers say."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from bnlab.by_hand.layer_example import LayerExample
from bnlab.lessons.questions import reply
from bnlab.lessons.quiz.trials import TRIALS, Trial
from bnlab.spec.fields import SpecError
from pages.ui.one_layer.session import page, put, show

_DONE, _CHOSEN = "layer trial", "layer trial chosen"


@dataclass(frozen=True)
class Done:
    """A trial that was made."""

    trial: str
    said: str  # the answer to the prediction
    before: LayerExample
    after: LayerExample


def trials() -> None:
    """One trial at a time: its answers are the buttons that make it."""
    example = page.current().example
    name = st.pills(
        "Choose something to try",
        list(TRIALS),
        format_func=lambda name: TRIALS[name].title,
        default=next(iter(TRIALS)),
        key=_CHOSEN,
        label_visibility="collapsed",
        required=True,
    )
    trial = TRIALS[name or next(iter(TRIALS))]
    done: Done | None = st.session_state.get(_DONE)
    if done and done.trial == trial.name and done.after == example:
        _say(done, trial)
    else:
        _ask(trial, example)


def _ask(trial: Trial, example: LayerExample) -> None:
    st.markdown(f"**{trial.question.text}** Choose what you expect to make the change:")
    with st.container(horizontal=True):
        for answer in trial.question.answers:
            st.button(
                answer,
                key=f"trial {trial.name} {answer}",
                on_click=_try,
                args=(trial, example, answer),
            )


def _say(done: Done, trial: Trial) -> None:
    st.info(f"{done.said}\n\n{trial.why}", icon=":material/science:")
    st.button("Put the numbers back", icon=":material/undo:", on_click=put, args=(done.before,))


def _try(trial: Trial, example: LayerExample, prediction: str) -> None:
    try:
        after = trial.change(example)
    except SpecError as error:
        page.complain(f"That is not possible, so nothing was changed. {error}")
        return
    outcome = trial.outcome(example)
    said = f"{reply(prediction, outcome.answer)} {outcome.measured}"
    st.session_state[_DONE] = Done(trial.name, said, example, after)
    put(after)
    show(trial.shows)
