"""One colour a variant, the same in every figure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bnlab.figures.theme import CLASSES, variant_colours
from bnlab.spec.experiment import MAX_VARIANTS

NAMES = st.lists(
    st.sampled_from(["none", "batch", "layer", "group", "rms"])
    | st.text("abcxyz +", min_size=1, max_size=8),
    min_size=1,
    max_size=MAX_VARIANTS,
    unique=True,
)


@given(names=NAMES)
def test_no_two_variants_share_a_colour(names: list[str]) -> None:
    colours = variant_colours(names)
    for mode in ("light", "dark"):
        assert len({colours[name][mode] for name in names}) == len(names)


@given(names=NAMES)
def test_a_norm_keeps_its_colour_whatever_else_runs(names: list[str]) -> None:
    fixed = {"batch": "#0072B2", "none": "#D55E00", "layer": "#009E73"}
    colours = variant_colours(names)
    for name in set(names) & set(fixed):
        assert colours[name]["light"] == fixed[name]


def test_a_variant_of_a_norm_has_the_norms_colour_if_it_is_free() -> None:
    colours = variant_colours(["none", "batch, no gamma"])
    assert colours["batch, no gamma"]["light"] == "#0072B2"


def test_classes_have_colours_that_no_variant_has() -> None:
    names = [f"v{i}" for i in range(MAX_VARIANTS)]
    assert not set(CLASSES) & {colour["light"] for colour in variant_colours(names).values()}
