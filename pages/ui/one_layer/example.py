"""The layer example: one layer on a small minibatch, to edit and step through."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import streamlit as st

from bnlab.by_hand.batch_norm import Backward, Forward, backward, forward, substitute
from bnlab.by_hand.layer_example import (
    MAX_COLUMNS,
    MAX_ROWS,
    MIN_ROWS,
    PRESETS,
    LayerExample,
    example_of,
    random_example,
)
from bnlab.by_hand.tables import read_cells, read_number, read_table
from bnlab.by_hand.torch_comparison import Comparison
from bnlab.spec.fields import SpecError
from pages.ui.one_layer.address import (
    FIRST_ADDRESS,
    INPUTS,
    MATRICES,
    OPERATIONS,
    Picked,
    read_picked,
    refitted,
)
from pages.ui.one_layer.session import PROBLEM, page, put
from pages.ui.shared.component import component

_component = component("layer_example")

MOST_COLOURED = 3000  # characters of code

_NUMBERS, _STEPS = "example numbers", "example steps"  # keys of the components
# The last draft taken, the last one the tables know about, and whether a slider is still moving.
_ANSWERED, _TOLD, _MOVES = (f"example {what}" for what in ("answered", "told", "moves"))
_NOT_A_NUMBER = (
    "NaN is not a number: in an earlier step 0 was divided by 0, since all values of the unit are "
    "equal and epsilon is 0."
)


def computed(example: LayerExample) -> Backward:
    """All numbers of an example; those of the forward pass are its `forward`."""
    layer = forward(example.x, example.weight, example.bias, eps=example.eps)
    return backward(layer, example.grad_y)


# --- the parts of the page ------------------------------------------------------------------------


def presets() -> None:
    """One click each: random numbers, a few instructive minibatches, and back to the first."""
    example = page.current().example
    with st.container(horizontal=True):
        st.button("Random numbers", on_click=_randomize, args=(example,))
        for name, preset in PRESETS.items():
            st.button(name, on_click=put, args=(preset,))
        st.button("Reset", icon=":material/restart_alt:", on_click=page.put, args=(FIRST_ADDRESS,))


def numbers(back: Backward) -> None:
    """Every number of the layer; the given ones can be edited."""
    st.session_state[_TOLD] = st.session_state.get(_ANSWERED)
    _component(
        key=_NUMBERS,
        data={"part": "numbers", "facts": json.dumps(_facts(back))},
        height="content",
        on_draft_change=_take_draft,
    )


@st.fragment
def steps(back: Backward) -> None:
    """The operations as a graph to step through, and the formula of the picked number."""
    catch_up()
    found = page.current()
    place = {"generation": page.generation, "step": found.step, "picked": found.picked.text}
    _component(
        key=_STEPS,
        data={"part": "steps", "place": json.dumps(place)},
        height="content",
        on_place_change=_take_place,
    )
    formula(back, found.picked)


def formula(back: Backward, picked: Picked) -> None:
    """The line of the algorithm that computes a number, in symbols and with numbers."""
    of: Forward | Backward
    for of in (back.forward, back):
        for step in of:
            if step.name == picked.name:
                numbers = substitute(step, picked.index, of=of)
                lines = (f"**{step.title}.** {step.words}", _inline(step.formula), _inline(numbers))
                st.markdown("  \n".join(lines))
                if math.isnan(step.value[picked.index]):
                    st.caption(_NOT_A_NUMBER)
                return
    field = LayerExample.model_fields[picked.name]
    st.markdown(f"**{field.title}.** {field.description} It is given: change it in its table.")


def beside_torch(comparison: Comparison) -> None:
    """Every output and gradient beside torch's, as a table."""
    rows = [
        (pair.name, f"{pair.by_hand:.10g}", f"{pair.by_torch:.10g}", f"{pair.difference:.1e}")
        for pair in comparison.pairs
    ]
    table = {"head": ("", "by hand", "by torch", "difference"), "rows": rows}
    _component(
        key="example torch", data={"part": "torch", "table": json.dumps(table)}, height="content"
    )


def code(*sources: str) -> None:
    """Sources side by side."""
    for column, source in zip(st.columns(len(sources)), sources, strict=True):
        # Highlighting takes time: a page of numbers would delay the edits above it.
        language = "python" if len(source) < MOST_COLOURED else None
        column.code(source, language=language, height=480)


def catch_up() -> None:
    """Run the whole page when this run of a fragment came with an edit.

    Streamlit merges the messages that wait in a browser while the page runs. If the last of them is
    for a fragment, only that would see the edit.
    """
    if st.session_state.get(_ANSWERED) != st.session_state.get(_TOLD):
        st.rerun()


def publish() -> None:
    """Write the state of the page into its URL, except while a slider is moving."""
    if not st.session_state.get(_MOVES):
        page.publish()


def _inline(latex: str) -> str:
    """LaTeX that can wrap: growing brackets would prevent it."""
    flat = latex.replace(r"\left(", "(").replace(r"\right)", ")")
    return rf"$\displaystyle {flat}$"


def _randomize(example: LayerExample) -> None:
    put(random_example(random.randrange(2**31), rows=example.rows, columns=example.columns))


# --- what the components are told, and what they say ----------------------------------------------


def _facts(back: Backward) -> dict[str, Any]:
    values = {name: getattr(back.forward, name, None) for name in INPUTS}
    values["grad_y"] = back.grad_y
    for of in (back.forward, back):
        values |= {step.name: step.value for step in of}
    return {
        "generation": page.generation,
        "answered": st.session_state.get(_ANSWERED, 0),
        "problem": st.session_state.get(PROBLEM),
        "operations": [
            {"name": o.name, "title": o.title, "words": o.words, "inputs": o.inputs}
            for o in OPERATIONS
        ],
        "matrices": MATRICES,
        "values": {name: _plain(value) for name, value in values.items()},
        "limits": {"rows": (MIN_ROWS, MAX_ROWS), "columns": (1, MAX_COLUMNS)},
    }


def _plain(value: Any) -> Any:
    """Numbers for JSON; those that JSON lacks, as text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return (
        [_plain(item) for item in value.tolist()]
        if hasattr(value, "tolist")
        else [_plain(item) for item in value]
    )


def _take_place() -> None:
    text = st.session_state[_STEPS].get("place")
    if not text:
        return  # the component has come or gone
    _go_to(json.loads(text), page.current().example)


def _go_to(place: dict[str, Any], example: LayerExample) -> None:
    found = page.current()
    if place["generation"] != page.generation:  # late: the page has moved on since
        page.note(example=example, picked=refitted(found.picked, example))
        return
    try:
        picked = read_picked(place["picked"], example)
    except SpecError:
        picked = refitted(found.picked, example)  # of an earlier example
    page.note(example=example, step=place["step"], picked=picked)


def _take_draft() -> None:
    text = st.session_state[_NUMBERS].get("draft")
    if not text:
        return  # the component has come or gone
    draft = json.loads(text)
    st.session_state[_ANSWERED] = draft["n"]
    st.session_state[_MOVES] = draft["moves"]
    try:
        example = _read_draft(draft, page.current().example)
    except SpecError as error:
        st.session_state[PROBLEM] = f"Nothing was changed. {error}"
        return
    st.session_state[PROBLEM] = None
    _go_to(draft["place"], example)


def _read_draft(draft: dict[str, Any], example: LayerExample) -> LayerExample:
    if "pasted" in draft:
        table = read_table(draft["pasted"])
        return (
            example.with_minibatch(table) if draft["into"] == "x" else example.replace(grad_y=table)
        )
    (weight,) = read_cells("gamma", [draft["weight"]])
    (bias,) = read_cells("beta", [draft["bias"]])
    return example_of(
        read_cells("x", draft["x"]),
        weight=weight,
        bias=bias,
        eps=read_number(draft["eps"], "epsilon"),
        grad_y=read_cells("gradient of y", draft["grad_y"]),
    )
