"""A page in one browser tab, in step with its URL."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar

import streamlit as st
from pydantic.fields import FieldInfo
from streamlit.runtime.scriptrunner import get_script_run_ctx

from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar, SpecError
from bnlab.spec.member import parse
from pages.ui.shared.address import Address

P = TypeVar("P")
A = TypeVar("A", bound=Address)

# How long a browser may still send the query that was written over: a click that was made before
# the new one arrived. Later it is a link.
LATE_S = 3.0


class PageTab(Generic[P]):
    """One page in one browser tab: its address, and what was wrong with the last request.

    Args:
        name: of the page; tells its keys in st.session_state from those of other pages.
        read: an address from query parameters; raises SpecError when a link is wrong.
        write: the query parameters of an address.
        fallback: the address to use instead of a wrong link's.
    """

    def __init__(
        self,
        name: str,
        *,
        read: Callable[[Mapping[str, str]], P],
        write: Callable[[P], dict[str, str]],
        fallback: Callable[[Mapping[str, str]], P],
    ) -> None:
        self._name = name
        self._read, self._write, self._fallback = read, write, fallback
        # Keys of st.session_state: the address, its query parameters as last written, those
        # before with the time until which they may come late, what was wrong with the last request,
        # and a counter that gives widgets new keys (and so new values).
        self._address, self._written, self._old, self._problem, self._generation = (
            f"{name} {what}" for what in ("address", "written", "old", "problem", "generation")
        )

    def current(self) -> P:
        """The address of this tab: from its URL when that is new, otherwise as it was left."""
        query = st.query_params.to_dict()
        state = st.session_state
        if self._address not in state or (query and not self._is_known(query)):
            try:
                self.put(self._read(query))
            except SpecError as error:
                self.put(self._fallback(query))
                self.complain(f"This link cannot be opened as it is. {error}")
            state[self._written] = query
        found: P = state[self._address]
        return found

    def publish(self) -> None:
        """Write the address of this tab into its URL, so that copying it restores the page."""
        state, written = st.session_state, self._write(self.current())
        if st.query_params.to_dict() != written:
            st.query_params.from_dict(written)
        if (before := state.get(self._written)) != written:
            late = [(query, until) for query, until in self._late() if query != written]
            state[self._old] = [*late, (before, time.monotonic() + LATE_S)]
        state[self._written] = written

    def put(self, address: P) -> None:
        """Put an address on the page, and set every widget to what it says."""
        st.session_state[self._address] = address
        self._renew_widgets()

    def note(self, **fields: Any) -> None:
        """Set fields of the address; widgets are left as they are."""
        st.session_state[self._address] = replace(self.current(), **fields)  # type: ignore[type-var]

    def refuse(self, reason: str) -> None:
        """Say why a request cannot be met, and set every widget back to the address."""
        self.complain(f"That is not possible, so nothing was changed. {reason}")
        self._renew_widgets()

    def complain(self, sentence: str) -> None:
        """Have the page say what was wrong, once; the text of a link is not Markdown."""
        st.session_state[self._problem] = re.sub(r"([*$]|(?<=\])\()", r"\\\1", sentence)

    def say_problem(self) -> None:
        """Say, once, what was wrong with the last request."""
        if problem := st.session_state.pop(self._problem, None):
            st.error(problem, icon=":material/error:")

    def widget_key(self, name: str) -> str:
        """The key of a widget; it changes whenever all widgets are set to the address."""
        return f"{self._name} {name}@{self.generation}"

    def wired(
        self, name: str, declared: FieldInfo, change: Callable[[Any], None]
    ) -> dict[str, Any]:
        """Label, key, help and what a change does: arguments of the widget of one field.

        Args:
            name: tells the widgets of the page apart.
            declared: the field, with its title and description.
            change: called with what was chosen.
        """
        key = self.widget_key(name)
        return {
            "label": declared.title or name,
            "help": declared.description,
            "key": key,
            "on_change": lambda: change(st.session_state[key]),
        }

    @property
    def generation(self) -> int:
        """How often the page's widgets were set to the address."""
        count: int = st.session_state.get(self._generation, 0)
        return count

    def _is_known(self, query: Mapping[str, str]) -> bool:
        """Whether a query is the one last written, or one before that comes late."""
        context = get_script_run_ctx()
        if context is not None and context.is_history_navigation:
            return False  # a person goes back, however soon
        return query == st.session_state.get(self._written) or any(
            query == old for old, _ in self._late()
        )

    def _late(self) -> list[tuple[dict[str, str], float]]:
        """The queries that were written over a moment ago."""
        now = time.monotonic()
        return [(old, until) for old, until in st.session_state.get(self._old, ()) if until > now]

    def _renew_widgets(self) -> None:
        st.session_state[self._generation] = self.generation + 1


class Tab(PageTab[A]):
    """The tab of a page that has an experiment."""

    def open(self, address: A) -> None:
        """Put an address on the page; what is hidden for a class stays hidden."""
        self.put(replace(address, hidden=self.current().hidden))

    def change_base(self, path: str, value: Scalar) -> None:
        """Set one field of the base network, or keep things as they are and say why."""
        base = self.current().experiment.base
        try:
            self.change(base=base.replace({path: value}).model_dump())
        except SpecError as error:
            self.refuse(str(error))

    def change(self, **fields: Any) -> None:
        """Set fields of the experiment, or keep things as they are and say why."""
        found = self.current()
        try:
            experiment = parse(Experiment, found.experiment.model_dump() | fields)
        except SpecError as error:
            self.refuse(str(error))
            return
        self.note(experiment=experiment, preset=None)

    def set_pace(self, pace: float) -> None:
        """Choose the pace of the next run."""
        self.note(pace=pace)

    def attach(self, run: str | None) -> None:
        """Show this run on the page, or none."""
        self.note(run=run)
