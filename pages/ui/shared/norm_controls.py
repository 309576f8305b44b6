"""The norms beside the common five: added to the variants one by one, with their own settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar, refusal
from bnlab.spec.norm_words import NORM_WORDS
from pages.ui.shared.address import Address
from pages.ui.shared.tab import Tab

COMMON = ("none", "batch", "layer", "group", "rms")
MOST_VARIANTS = 5

# Fields that only one kind of norm has, and what a slider offers for them.
STOPS: dict[str, tuple[Scalar, ...]] = {
    "norm.ghost_size": (2, 4, 8, 16, 32, 64),
    "norm.renorm_from": (1, 10, 20, 50, 100, 200, 500),
    "norm.r_max": (1.0, 1.5, 2.0, 3.0, 5.0, 10.0),
    "norm.d_max": (0.0, 0.5, 1.0, 2.0, 5.0, 10.0),
    "norm.noise_shift": (0.0, 0.25, 0.5, 1.0, 2.0),
    "norm.noise_scale": (1.0, 1.25, 1.5, 2.0, 3.0),
    "norm.frozen_from": (1, 10, 20, 50, 100, 200, 500),
}
_KINDS = {
    "norm.ghost_size": "batch_ghost",
    "norm.renorm_from": "batch_renorm",
    "norm.r_max": "batch_renorm",
    "norm.d_max": "batch_renorm",
    "norm.noise_shift": "batch_noisy",
    "norm.noise_scale": "batch_noisy",
    "norm.frozen_from": "batch_frozen",
}


def is_of_use(path: str, experiment: Experiment) -> bool:
    """Whether a field matters to the networks of an experiment."""
    kinds: set[Scalar] = {spec.norm.kind for spec in experiment.specs().values()}
    return path not in _KINDS or _KINDS[path] in kinds | set(experiment.axes.get("norm.kind", ()))


def set_variants(page: Tab[Any], variants: Mapping[str, Mapping[str, Scalar]]) -> bool:
    """Choose the variants, or keep them and say why; whether they were chosen."""
    is_possible = 1 <= len(variants) <= MOST_VARIANTS
    if is_possible:
        page.change(variants=variants)
    else:
        allowed = f"1 to {MOST_VARIANTS}"
        page.refuse(str(refusal("The number of variants", len(variants), allowed)))
    return is_possible


def add_norm(found: Address, page: Tab[Any]) -> None:
    """Offer a further norm, in words; choosing one adds a variant."""
    variants = found.experiment.variants
    offered: dict[str, tuple[Scalar, str]] = {
        words.variant: (kind, words.spoken)
        for kind, words in NORM_WORDS.items()
        if kind not in COMMON and words.variant not in variants
    }
    key = page.widget_key("more norms")

    def add() -> None:
        name = st.session_state[key]
        if name is not None:
            added = {name: {"norm.kind": offered[name][0]}}
            if set_variants(page, {**variants, **added}):
                page.put(page.current())  # the pills show the new one, and the box is empty again

    st.selectbox(
        "More norms",
        list(offered),
        index=None,
        format_func=lambda name: offered[name][1],
        placeholder="Add a relative of batch norm",
        key=key,
        on_change=add,
        help=f"{_SAID}\n\nTheir settings are under Norm, further down.",
    )


_SAID = "\n".join(
    f"- **{words.spoken}**: {words.says}."
    for kind, words in NORM_WORDS.items()
    if kind not in COMMON
)
