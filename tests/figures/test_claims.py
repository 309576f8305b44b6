"""The figure of a claim's conditions: every seed and every interval, where its numbers say."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bnlab.claims import claim
from bnlab.claims.claim import Claim, Scale
from bnlab.claims.effects import effects, thresholds
from bnlab.claims.evidence import Pairs
from bnlab.claims.findings import Finding
from bnlab.figures.claims import condition_figures

FOUR = claim("learning_rate")
FIRST = FOUR.conditions[0]
PAIRS = Pairs(np.array([8.0, 4.0, np.nan]), np.array([1.0, 2.0, 1.0]))
FINDING = Finding(FIRST.name, 2.0, 1.5, 2.5, n=2, never_first=0, never_second=0, verdict=None)


def one_row(scale: Scale, **changes: Any) -> Claim:
    """A claim with one condition of this scale."""
    return replace(FOUR, conditions=(replace(FIRST, scale=scale, **changes),))


def drawn(figure: dict[str, Any], start: str) -> dict[str, Any]:
    """The one trace whose kind of marks begins so."""
    [found] = [trace for trace in figure["traces"] if trace.get("text", [""])[0].startswith(start)]
    return found


@pytest.mark.parametrize(
    ("scale", "expected"),
    [("points", [700, 200]), ("factor", [8, 2]), ("octaves", [3, 1]), ("number", [7, 2])],
)
def test_the_effect_of_a_seed_is_what_its_scale_says(scale: Scale, expected: list[float]) -> None:
    found = effects(PAIRS, scale)
    assert found.values[:2].tolist() == expected
    assert math.isnan(found.values[2])
    assert not found.is_censored.any()


def test_a_run_that_never_got_there_enters_with_the_limit_unless_neither_did() -> None:
    never = Pairs(np.array([np.inf, 10.0, np.inf]), np.array([50.0, np.inf, np.inf]), limit=100.0)
    found = effects(never, "factor")
    assert found.values[:2].tolist() == [2.0, 0.1]
    assert math.isnan(found.values[2])
    assert found.is_censored.tolist() == [True, True, False]


def test_every_seed_is_a_dot_at_its_effect() -> None:
    [figure] = condition_figures(one_row("octaves"), {FIRST.name: PAIRS}, [], is_over=False)
    dots = drawn(figure, "seed 0")
    assert dots["x"] == [3.0, 1.0, None]
    assert len(set(dots["y"])) == 3


def test_a_factor_lies_on_a_logarithmic_axis_with_the_thresholds_as_far_on_either_side() -> None:
    [figure] = condition_figures(
        one_row("factor", unit="x", smallest=2.0), {FIRST.name: PAIRS}, [FINDING], is_over=False
    )
    assert drawn(figure, "seed 0")["x"][:2] == [3.0, 1.0]
    dotted = [t["x"] for t in figure["traces"] if t.get("line", {}).get("dash") == "dot"]
    assert dotted == [[-1.0, -1.0], [1.0, 1.0]]
    axis = figure["layout"]["xaxis"]
    assert dict(zip(axis["ticktext"], axis["tickvals"], strict=True))["×4"] == 2.0


def test_each_unit_has_its_own_axis_and_each_condition_its_row() -> None:
    other = replace(FIRST, name="other", scale="points", unit="points")
    both = replace(FOUR, conditions=(*FOUR.conditions, other))
    octaves, points = condition_figures(both, {}, [], is_over=False)
    texts = [text["text"] for text in octaves["layout"]["annotations"]]
    for condition, text in zip(FOUR.conditions, texts, strict=True):
        assert condition.name in text
    assert len(points["table"]["rows"]) == 1
    assert "waiting" in points["alt"]


def test_words_and_table_say_the_effect_and_the_verdict_only_at_the_end() -> None:
    finding = replace(FINDING, verdict="supported")
    before, after = (
        condition_figures(one_row("octaves"), {FIRST.name: PAIRS}, [finding], is_over=is_over)[0]
        for is_over in (False, True)
    )
    assert "supported" not in before["alt"]
    assert f"{FIRST.name}: +2 octaves (+1.5 to +2.5) – supported." in after["alt"]
    assert "supported" in after["table"]["rows"][0]
    assert before["table"]["rows"][0][-1] == "+3, +1, –"


def test_the_wide_interval_of_two_seeds_does_not_squeeze_the_dots() -> None:
    wide = replace(FINDING, low=-500.0, high=500.0)
    [figure] = condition_figures(one_row("octaves"), {FIRST.name: PAIRS}, [wide], is_over=False)
    low, high = figure["layout"]["xaxis"]["range"]
    assert high - low < 15


@pytest.mark.parametrize("scale", ["points", "factor", "octaves", "number"])
def test_thresholds_are_as_far_below_as_above(scale: Scale) -> None:
    low, high = thresholds(scale, 1.25)
    assert low * high == pytest.approx(1) if scale == "factor" else low == -high
