"""Colours: one a variant, the same in every figure, told apart by colour-blind eyes and in grey."""

from __future__ import annotations

from collections.abc import Sequence

# Okabe & Ito, "Color Universal Design", 2008. On dark ground the dark ones are lightened.
BLUE, VERMILLION, GREEN, PINK, ORANGE, SKY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
)
OLIVE, GREY = "#8F8A00", "#707780"  # Okabe–Ito's yellow, darkened until it shows on white

_OF_NORM = {"batch": BLUE, "none": VERMILLION, "layer": GREEN, "group": PINK, "rms": ORANGE}
_OTHERS = (OLIVE, SKY, GREY)  # the one least like blue first: variants of batch norm are many
_ON_DARK = {
    BLUE: "#3FA3E0",
    VERMILLION: "#F0803C",
    GREEN: "#2CC295",
    OLIVE: "#D6CE3A",
    GREY: "#A3AAB3",
}

# Classes of points in the plane: none of these is a variant's colour.
CLASSES = ("#7B5EA7", "#B59B00", "#4B8B8B")


def variant_colours(names: Sequence[str]) -> dict[str, dict[str, str]]:
    """The colour of each variant on light and on dark ground.

    A variant named after a norm has the norm's colour; so does one whose name begins with it
    ("batch, no gamma"), as long as the colour is free.

    >>> variant_colours(["batch", "none"])["batch"]["light"]
    '#0072B2'
    """
    colours: dict[str, str] = {name: _OF_NORM[name] for name in names if name in _OF_NORM}
    for name in names:
        if name in colours:
            continue
        own = next((c for norm, c in _OF_NORM.items() if name.startswith(norm)), None)
        free = [c for c in (own, *_OTHERS, *_OF_NORM.values()) if c and c not in colours.values()]
        colours[name] = free[0] if free else GREY
    return {name: {"light": colours[name], "dark": on_dark(colours[name])} for name in names}


def on_dark(colour: str) -> str:
    """The form of a colour for dark ground."""
    return _ON_DARK.get(colour, colour)
