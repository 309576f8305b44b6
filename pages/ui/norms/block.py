"""A block of activations: its controls, the block itself, and all numbers about it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from bnlab.by_hand.block import words
from bnlab.by_hand.block.numbers import BATCH_SIZES, Averaged, average
from bnlab.by_hand.block.spec import (
    EPS,
    MAX_CHANNELS,
    MAX_EXAMPLES,
    Block,
    divisors,
)
from bnlab.by_hand.norms import NORM_KINDS, Array
from bnlab.figures.theme import variant_colours
from bnlab.lab.lab import get_lab
from bnlab.lab.workers.protocol.queries import Activations, QueryError
from bnlab.results.frames import pack
from pages.ui.norms.session import change, page
from pages.ui.shared.component import component
from pages.ui.shared.markdown import markdown_table

WAIT_S = 30.0  # for a worker; one that is still warming up answers within a few seconds

# What the controls offer; a link may hold any other value within the limits.
_STOPS: dict[str, tuple[int, ...]] = {
    "examples": BATCH_SIZES,
    "channels": (2, 4, 6, 8),
    "size": (1, 2, 4, 8),
    "shift": (0, 2, 5),
}
_SHOWN = {
    "size": lambda size: f"{size} × {size}",
    "shift": lambda shift: f"+{shift:g}" if shift > 0 else f"{shift:g}",
}

NO_BREAK = "\N{NO-BREAK SPACE}"

_component = component("block")
_KEY = "block"  # of the component
_ARRIVED = "norms arrived"  # what `_last_arrived` keeps


def explore() -> None:
    """The block with its controls, and every number that belongs to it."""
    st.session_state.pop(_ARRIVED, None)  # the page may be back, with a new component
    _explore()


@st.fragment
def _explore() -> None:
    found = page.current().block
    page.say_problem()
    _controls(found)
    with st.container():  # keeps its place while the spinner comes and goes
        drawn = _activations_or_sentence(found)
    if drawn is not None:
        x, labels = drawn
        _show(x[: found.examples], labels[: found.examples], found)
    _count(found)
    if drawn is not None:
        _compare_batches(drawn[0], found)
    page.publish()


# --- controls ------------------------------------------------------------------------------------


def _controls(found: Block) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for name in ("examples", "channels", "size"):
            _choice(name, _STOPS[name], found)
        _choice("groups", divisors(found.channels), found)
        _choice("shift", _STOPS["shift"], found)
        st.toggle(value=found.each_position, **_wired("each_position", "each_position"))
        st.button(
            "Other digits",
            icon=":material/casino:",
            on_click=lambda: change(seed=found.seed + 1),
            help="Draws other examples and other filters.",
        )


def _choice(name: str, stops: Sequence[int], found: Block) -> None:
    value = getattr(found, name)
    st.segmented_control(
        options=sorted({*stops, value}),
        default=value,
        required=True,
        format_func=_SHOWN.get(name, str),
        # A key for each list of stops: otherwise new stops would reset the choice.
        **_wired(name, f"{name} of {len(stops)}"),
    )


def _wired(name: str, key: str) -> dict[str, Any]:
    """Arguments of the widget of one field of the block."""
    return page.wired(key, Block.model_fields[name], lambda chosen: change(**{name: chosen}))


# --- the block -----------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def _activations(size: int, seed: int) -> tuple[Array, tuple[int, ...]]:
    """As many activations (32, 8, size * size) as any block has, and their digits (32,)."""
    wish = Activations(examples=MAX_EXAMPLES, channels=MAX_CHANNELS, size=size, seed=seed)
    answer = get_lab().compute(wish).result(WAIT_S)
    x = answer["x"].reshape(MAX_EXAMPLES, MAX_CHANNELS, -1)
    return x, tuple(map(int, answer["labels"]))


def _activations_or_sentence(found: Block) -> tuple[Array, tuple[int, ...]] | None:
    """Activations (32, C, P) and digits; None if there are none, which the page explains."""
    try:
        with st.spinner("A worker is computing real activations …"):
            x, labels = _activations(found.size, found.seed)
    except (QueryError, TimeoutError) as error:
        reason = str(error) or f"No worker has answered for {WAIT_S:g} s."
        st.error(f"There are no activations to show yet. {reason}", icon=":material/error:")
        st.button("Try again", icon=":material/refresh:")
        return None
    return x[:, : found.channels] + found.shift, labels


def _show(x: Array, labels: tuple[int, ...], found: Block) -> None:
    """The block, and the formula of what is picked in it."""
    results = {kind: average(x, found, kind) for kind in NORM_KINDS}
    _component(
        key=_KEY,
        data=_message(x, labels, found, list(results.values())),
        height="content",
        on_picked_change=_take_picked,
    )
    chosen = results[found.kind]
    if chosen.refusal:
        st.warning(chosen.refusal, icon=":material/block:")
    else:
        formulas = words.formulas(x, found, chosen)
        for column, formula in zip(st.columns(len(formulas)), formulas, strict=True):
            column.latex(formula)


def _message(x: Array, labels: tuple[int, ...], found: Block, results: list[Averaged]) -> bytes:
    """Everything the component draws: every norm at once, so that it can switch by itself."""
    generation, arrived = _last_arrived(found)
    colours = variant_colours(NORM_KINDS)
    norms = tuple(
        {
            "kind": result.kind,
            "title": words.TITLES[result.kind],
            "over": words.over_what(result.kind, each_position=found.each_position),
            "colour": colours[result.kind],
            "refusal": result.refusal,
        }
        for result in results
    )
    meta = {
        "generation": generation,
        "arrived": {"kind": arrived.kind, "picked": arrived.index},
        "size": found.size,
        "labels": labels,
        "norms": norms,
        "eps": EPS,
    }
    arrays = {"x": x, "set_of": np.stack([result.set_of for result in results]).astype("u2")}
    for result in results:
        arrays[f"{result.kind}.mean"] = result.mean
        arrays[f"{result.kind}.variance"] = result.variance
        arrays[f"{result.kind}.x_hat"] = result.x_hat
    return pack(meta, arrays)


def _last_arrived(found: Block) -> tuple[int, Block]:
    """The block as last set by a link, a question or a visit, and a number for that occasion.

    Only then does the component adopt what is picked. Otherwise the pick is its own and is not
    sent back, so the message stays the same and is sent once.
    """
    arrived: tuple[int, Block] = st.session_state.get(_ARRIVED, (-1, found))
    if arrived[0] != page.generation:
        arrived = (page.generation, found)
        st.session_state[_ARRIVED] = arrived
    return arrived


def _take_picked() -> None:
    """Note what was picked in the component."""
    wish = st.session_state[_KEY].get("picked")
    if wish is None:
        return
    block = page.current().block
    # It may have been picked in a larger block, just before the size was changed.
    sizes = {"example": block.examples, "channel": block.channels, "position": block.positions}
    picked = {name: min(wish[name], most) for name, most in sizes.items()}
    change(kind=wish["kind"], **picked)


# --- numbers about it ----------------------------------------------------------------------------


def _count(found: Block) -> None:
    """What each norm computes, learns and keeps."""
    st.subheader("What each norm computes, learns and keeps", anchor=False)
    st.markdown(
        f"For this block of {found.examples} × {found.channels} × {found.positions} values "
        "(examples × channels × positions). After x̂ each channel, or each value, may be scaled and "
        "shifted again: y = γ x̂ + β. Counted as PyTorch does, instance norm with `affine=True`."
    )
    chosen = NORM_KINDS.index(found.kind)
    st.markdown(markdown_table(words.COUNTS_HEAD, _unbroken(words.counts_rows(found)), bold=chosen))


def _compare_batches(x: Array, found: Block) -> None:
    """One element in batches of several sizes."""
    st.subheader("One example in batches of 1, 2, 4, 8 and 32", anchor=False)
    value = words.number(float(x[(0, *found.index[1:])]))
    st.markdown(
        f"The same number each time: example 1, channel {found.channel}, position "
        f"{found.position}, x = {value}. Only the other examples in the batch differ. Its x̂:"
    )
    head = ("Norm", *map(str, BATCH_SIZES), "Does the batch matter?")
    st.markdown(markdown_table(head, _unbroken(words.batch_sizes_rows(x, found))))
    for sentence in words.small_batches(x, found):
        st.markdown(f"- {sentence}")


def _unbroken(rows: words.Rows) -> words.Rows:
    """Cells that do not wrap: on a phone the table then scrolls sideways, not squeezed."""
    return tuple(tuple(text.replace(" ", NO_BREAK) for text in row) for row in rows)
