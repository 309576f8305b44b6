"""Check with torch: the numbers of the layer example beside torch's own, by a worker."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from bnlab.by_hand.batch_norm import Backward
from bnlab.by_hand.layer_example import LayerExample
from bnlab.by_hand.torch_comparison import Comparison, compare
from bnlab.lab.lab import get_lab
from bnlab.lab.workers.protocol.queries import LayerByTorch, QueryError
from pages.ui.one_layer import example
from pages.ui.one_layer.session import page

_CHECKED = "layer checked"
_PATIENCE_S = 20.0


@dataclass(frozen=True)
class Checked:
    """What torch computed for a layer example: its numbers beside ours, or why there are none."""

    example: LayerExample
    comparison: Comparison | None
    refusal: str = ""


@st.fragment
def check(back: Backward) -> None:
    """A button that asks torch, and its answer while it is about the numbers on the page."""
    example.catch_up()
    layer_example = page.current().example
    st.button(
        "Check with torch",
        icon=":material/fact_check:",
        help="A worker computes the same layer with torch.nn.functional.batch_norm and autograd.",
        on_click=lambda: st.session_state.update({_CHECKED: _ask(layer_example, back)}),
    )
    checked: Checked | None = st.session_state.get(_CHECKED)
    if checked is None or checked.example != layer_example:
        return
    if checked.comparison is None:
        st.warning(checked.refusal, icon=":material/block:")
        return
    _say(checked.comparison)


def _say(comparison: Comparison) -> None:
    largest = comparison.largest
    sentence = (
        f"The largest of {len(comparison.pairs)} differences is **{largest.difference:.1e}**, "
        f"at {largest.name}: {largest.by_hand:.6g} by hand, {largest.by_torch:.6g} by torch."
    )
    if comparison.notes:
        st.warning("\n\n".join([sentence, *comparison.notes]), icon=":material/error:")
    else:
        st.success(sentence, icon=":material/check:")
    example.beside_torch(comparison)


def _ask(layer_example: LayerExample, back: Backward) -> Checked:
    try:
        answer = get_lab().compute(LayerByTorch(**dict(layer_example))).result(_PATIENCE_S)
    except QueryError as error:
        return Checked(layer_example, None, f"Torch returns no numbers here. It says: {error}")
    except TimeoutError:
        return Checked(layer_example, None, "No worker has answered: all are busy. Try again.")
    return Checked(layer_example, compare(back, answer))
