"""Asking the network on the page, and what this tab keeps of its answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import streamlit as st

from bnlab.lab.lab import get_lab
from bnlab.lab.runs.log import Run, UnknownRunError
from bnlab.lab.workers.protocol.commands import RunEndedError
from bnlab.lab.workers.protocol.queries import Query, QueryError
from bnlab.results.frames import Array
from pages.ui.shared import runs
from pages.ui.train_vs_eval.session import page

PATIENCE_S = 10.0


# refused: by the network, in its own words; late: the worker is busy; gone: there is no network
# left to ask, so only training again helps.
Outcome = Literal["answered", "refused", "late", "gone"]


@dataclass(frozen=True)
class Answer:
    """What a network answered, or why it did not."""

    run: str
    query: Query
    is_final: bool  # asked after the run had ended: the network no longer changes
    outcome: Outcome = "answered"
    arrays: Mapping[str, Array] = field(default_factory=dict)
    reason: str = ""  # why there are no arrays, in one sentence


def ask(run: Run, query: Query) -> Answer:
    """Ask the network of a run, and wait for its answer for at most PATIENCE_S."""
    asked = Answer(run.id, query, is_final=run.has_ended)
    try:
        arrays = get_lab().ask(run.id, query).result(timeout=PATIENCE_S)
    except (UnknownRunError, RunEndedError) as error:
        return replace(asked, outcome="gone", reason=str(error))
    except QueryError as error:
        return replace(asked, outcome="refused", reason=str(error))
    except TimeoutError:
        words = f"The worker did not answer within {PATIENCE_S:.0f} seconds: it is busy."
        return replace(asked, outcome="late", reason=words)
    return replace(asked, arrays=arrays)


def measured(
    name: str, run: Run | None, query: Query, *, is_repeatable: bool = False
) -> Mapping[str, Array] | None:
    """The answer of a run's network to the question of a section; None, and a sentence, without.

    While the run trains, a button asks the network as it is now. Once the run has ended, it is
    asked automatically, as it is when the question changes after a first answer.

    Args:
        name: of the section, which keeps its last answer.
        run: the run on the page.
        query: what is asked.
        is_repeatable: whether asking the same network again may give another answer.
    """
    if run is None:
        st.caption("Train a network first: the button is at the top of the page.")
        return None
    kept = kept_answer(name, run)
    has_button = not run.has_ended or (
        is_repeatable and kept is not None and kept.outcome == "answered"
    )
    is_told = has_button and st.button("Measure now", key=f"ask {name}", icon=":material/science:")
    if is_told or _is_due(run, query, kept):
        kept = ask_and_keep(name, run, query)
    if kept is None:
        return None
    if kept.outcome != "answered":
        complain(name, run, kept)
        return None
    st.caption(f"Measured at step {int(kept.arrays['step'])} of {run.steps}.")
    if any(np.isnan(values).any() for values in kept.arrays.values()):
        st.markdown("This network has diverged: its outputs are no longer numbers.")
        return None
    return kept.arrays


def ask_and_keep(name: str, run: Run, query: Query) -> Answer:
    """Ask, and keep the answer for a section."""
    with st.spinner("Asking the network …"):
        answer = ask(run, query)
    st.session_state[_key(name)] = answer
    return answer


def kept_answer(name: str, run: Run) -> Answer | None:
    """A section's last answer from this run."""
    kept: Answer | None = st.session_state.get(_key(name))
    return kept if kept is not None and kept.run == run.id else None


def complain(name: str, run: Run, answer: Answer) -> None:
    """Say why there is no answer, and offer what helps."""
    is_gone = answer.outcome == "gone"
    if is_gone and st.session_state.setdefault(f"gone {run.id}", name) != name:
        st.caption("There is no network left to ask: another section says why.")
        return
    st.warning(answer.reason, icon=":material/error:")
    if is_gone:
        if st.button("Train it again", key=f"again {name}", icon=":material/replay:"):
            runs.again(run, page)
            st.rerun()
    elif run.has_ended and st.button("Ask again", key=f"retry {name}", icon=":material/replay:"):
        del st.session_state[_key(name)]
        st.rerun(scope="fragment")


def _is_due(run: Run, query: Query, kept: Answer | None) -> bool:
    """Whether to ask without a click."""
    if kept is None:
        return run.has_ended
    if kept.outcome == "gone":
        return False
    return kept.query != query or (run.has_ended and not kept.is_final)


def _key(name: str) -> str:
    return f"answer of {name}"
