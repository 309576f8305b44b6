"""Findings in sentences: the right size, the right way round, and why the verdict follows."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlab.claims import claim
from bnlab.claims.claim import Condition, Verdict
from bnlab.claims.findings import Finding
from bnlab.claims.words import effect_words, finding_words, headline_words, reason_words

OCTAVES = claim(4).conditions[0]
POINTS = replace(OCTAVES, scale="points", unit="points", smallest=1.0, metric="test accuracy")
STEPS = replace(
    OCTAVES, scale="factor", unit="x", smallest=1.25, metric="steps to 90 %", direction="less"
)
GROWTH = replace(STEPS, metric="growth of the gradient", direction="equal")


NUMBER = re.compile(r"\d[\d,]*\.?\d*")


def found(
    effect: float,
    low: float,
    high: float,
    verdict: Verdict | None = "supported",
    *,
    never: tuple[int, int] = (0, 0),
    left_out: int = 0,
) -> Finding:
    return Finding("here", effect, low, high, 10, *never, verdict, (), left_out)


@pytest.mark.parametrize(
    ("condition", "finding", "sentence"),
    [
        (
            STEPS,
            found(0.43, 0.36, 0.53, never=(0, 2)),
            "Steps to 90 %: batch norm 2.33 times faster than no norm (95 % interval 1.89 to "
            "2.78, 10 seeds); in 2 of them no norm never reached the target, so the effect is at "
            "least this large.",
        ),
        (
            STEPS,
            found(0.8, 0.7, 0.9, never=(1, 0), left_out=3),
            "Steps to 90 %: batch norm 1.25 times faster than no norm (95 % interval 1.11 to "
            "1.43, 10 seeds); in 1 of them batch norm never reached the target: the last step "
            "counts instead; 3 further seeds left out, because neither reached the target.",
        ),
        (
            GROWTH,
            found(1.21, 1.2, 1.22),
            "Growth of the gradient: batch norm 1.21 times as large as no norm (95 % interval 1.2 "
            "to 1.22, 10 seeds).",
        ),
        (
            POINTS,
            found(-0.53, -1.2, 0.3),
            "Test accuracy: batch norm 0.53 points below no norm (95 % interval −1.2 to "
            "+0.3, 10 seeds).",
        ),
        (
            replace(POINTS, statistic="range"),
            found(0.0, 0.0, 0.0),
            "Test accuracy: no difference between batch norm and no norm (smallest to largest 0 "
            "to 0, 10 seeds).",
        ),
        (
            POINTS,
            Finding("here", math.nan, math.nan, math.nan, 0, 0, 0, None),
            "Test accuracy: nothing to compare yet.",
        ),
        (
            POINTS,
            Finding("here", 2.0, math.nan, math.nan, 1, 0, 0, None),
            "Test accuracy: batch norm 2 points above no norm (1 seed).",
        ),
    ],
)  # fmt: skip
def test_a_finding_is_said_in_one_sentence(
    condition: Condition, finding: Finding, sentence: str
) -> None:
    assert finding_words(condition, finding) == sentence


def test_octaves_are_said_as_times_too() -> None:
    assert "batch norm 3 octaves (8 times) above no norm" in finding_words(
        OCTAVES, found(3.0, 2.5, 3.5)
    )


@given(effect=st.floats(1.01, 100.0), spread=st.floats(1.01, 2.0))
def test_who_is_slower_changes_who_is_named_and_no_number(effect: float, spread: float) -> None:
    said = finding_words(STEPS, found(effect, effect / spread, effect * spread))
    inverse = found(1 / effect, 1 / effect / spread, 1 / effect * spread)
    swapped = replace(STEPS, first=STEPS.second, second=STEPS.first)
    inverted = finding_words(swapped, inverse)
    # Not digit by digit: 2.875 and 1 / (1 / 2.875) round to different third digits.
    assert NUMBER.sub("#", inverted) == NUMBER.sub("#", said)
    numbers = [
        [float(one.replace(",", "")) for one in NUMBER.findall(text)] for text in (inverted, said)
    ]
    assert numbers[0] == pytest.approx(numbers[1], rel=0.01)


@pytest.mark.parametrize(
    ("condition", "finding", "sentence"),
    [
        (
            POINTS,
            found(3, 2, 4),
            "Supported, because the whole interval lies above +1 point.",
        ),
        (
            POINTS,
            found(-3, -4, -2, "contradicted"),
            "Contradicted, because the whole interval lies below −1 point.",
        ),
        (
            STEPS,
            found(0.4, 0.3, 0.5),
            "Supported, because the whole interval lies below 0.8 times.",
        ),
        (
            GROWTH,
            found(1.0, 0.9, 1.1),
            "Supported, because the whole interval lies between 0.8 times and 1.25 times.",
        ),
        (
            POINTS,
            found(0, -0.5, 0.5, "no meaningful effect"),
            "No meaningful effect, because the whole interval lies between −1 point and +1 point.",
        ),
        (
            POINTS,
            found(1, 0, 2, "inconclusive"),
            "Inconclusive, because the interval includes +1 point.",
        ),
        (
            STEPS,
            found(1.0, 0.7, 1.4, "inconclusive"),
            "Inconclusive, because the interval includes 0.8 times and 1.25 times.",
        ),
        (
            STEPS,
            found(1.1, 0.9, 1.2, "inconclusive", never=(1, 0)),
            "Inconclusive, because runs that never reached the target leave one end of the "
            "interval open.",
        ),
        (
            POINTS,
            Finding("here", 2.0, 1.5, 2.5, 3, 0, 0, None),
            "No verdict yet: 3 of the 5 pairs that it needs.",
        ),
    ],
)  # fmt: skip
def test_a_verdict_is_said_with_its_rule(
    condition: Condition, finding: Finding, sentence: str
) -> None:
    assert reason_words(condition, finding) == sentence


def test_what_depends_has_a_line_for_each_condition_but_the_controls() -> None:
    conditions = (
        replace(OCTAVES, name="SGD"),
        replace(OCTAVES, name="control", is_control=True),
        replace(OCTAVES, name="Adam"),
    )
    told = replace(claim(4), conditions=conditions)
    findings = [
        replace(found(3, 2.5, 3.5, verdict), condition=name)
        for name, verdict in (("SGD", "supported"), ("control", None), ("Adam", "inconclusive"))
    ]
    assert headline_words(told, findings) == (
        f"Depends. {told.meaning['depends']}",
        "SGD: supported, +3 octaves (+2.5 to +3.5).",
        "Adam: inconclusive, +3 octaves (+2.5 to +3.5).",
    )
    assert headline_words(told, findings, is_as_released=False)[0] == (
        "Depends. Of the conditions: 1 supported, 1 inconclusive; not all agree with the release."
    )
    assert headline_words(told, findings[:2]) == (f"Supported. {told.meaning['supported']}",)
    assert headline_words(told, ()) == ("No verdict yet.",)


def test_an_effect_in_brief_has_its_unit() -> None:
    assert effect_words(POINTS, found(1.0, 0.5, 1.5)) == "+1 point (+0.5 to +1.5)"
    assert effect_words(STEPS, found(0.43, 0.36, 0.53)) == "0.43 times (0.36 to 0.53)"
