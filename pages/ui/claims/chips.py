"""Verdicts as chips: a colour, an icon and the word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import streamlit as st

from bnlab.claims.claim import Claim, Condition, Headline
from bnlab.claims.findings import Finding
from bnlab.claims.words import condition_words, effect_words

Colour = Literal["green", "red", "gray", "orange", "blue"]


class Look(NamedTuple):
    """How a verdict is shown; the colours are set in .streamlit/config.toml."""

    icon: str
    colour: Colour


LOOKS: dict[Headline, Look] = {
    "supported": Look("check_circle", "green"),
    "contradicted": Look("cancel", "red"),
    "no meaningful effect": Look("drag_handle", "gray"),
    "inconclusive": Look("help", "orange"),
    "depends": Look("alt_route", "blue"),
}


def chip(verdict: Headline | None, *, without: str = "not measured yet") -> None:
    """The chip of a verdict; without a verdict, the reason."""
    if verdict is None:
        st.badge(without, icon=":material/hourglass_empty:", color="gray")
    else:
        look = LOOKS[verdict]
        st.badge(verdict, icon=f":material/{look.icon}:", color=look.colour)


def lines(claim: Claim, findings: Sequence[Finding], *, has_controls: bool) -> str:
    """The conditions of a claim that have findings, as a Markdown list."""
    found = {finding.condition: finding for finding in findings}
    return "\n".join(
        f"- {line(condition, found[condition.name])}"
        for condition in claim.conditions
        if condition.name in found and (has_controls or not condition.is_control)
    )


def line(condition: Condition, finding: Finding) -> str:
    """A condition in one line of Markdown: its verdict, and the effect with its interval."""
    words = effect_words(condition, finding)
    return f"{condition_words(condition)}: {words} {_small(finding.verdict)}"


def tally(verdicts: Iterable[Headline | None]) -> str:
    """How often each verdict was given, as Markdown; verdicts that were not given are left out."""
    counts = Counter(verdicts)
    kinds: tuple[Headline | None, ...] = (*LOOKS, None)
    return " ".join(f"{counts[kind]} {_small(kind)}" for kind in kinds if counts[kind])


def _small(verdict: Headline | None) -> str:
    if verdict is None:
        return ":gray-badge[no verdict]"
    look = LOOKS[verdict]
    return f":{look.colour}-badge[:material/{look.icon}: {verdict}]"
