"""Figures of published measurements beside our own."""

from __future__ import annotations

import json

import pytest

from bnlab.claims.findings import Finding
from bnlab.figures.marks import Figure
from bnlab.figures.published import comparison_figure
from bnlab.lessons.published import COMPARISONS, WITH_AND_WITHOUT, Comparison

by_name = pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda one: one.name)


def placed(comparison: Comparison) -> Figure:
    findings = [
        Finding(ours.condition, 1.5, 1.2, 1.9, n=8, never_first=0, never_second=0, verdict=None)
        for ours in comparison.ours
    ]
    return comparison_figure(comparison, comparison.placed(findings))


@by_name
def test_every_number_of_a_figure_is_also_in_its_table_and_its_words(
    comparison: Comparison,
) -> None:
    figure = placed(comparison)
    rows = figure["table"]["rows"]
    assert len(rows) == len(comparison.reported) + len(comparison.ours)
    for label, value, _ in rows:
        assert label.removesuffix(" (unchecked)") in figure["alt"]
        assert value in figure["alt"]
    json.dumps(figure, allow_nan=False)


@by_name
def test_without_own_numbers_the_published_ones_stand_alone(comparison: Comparison) -> None:
    figure = comparison_figure(comparison, ())
    assert len(figure["table"]["rows"]) == len(comparison.reported)
    assert "nothing yet" in figure["alt"]


def test_an_unchecked_number_is_shown_as_such() -> None:
    figure = placed(WITH_AND_WITHOUT)
    [published] = [trace for trace in figure["traces"] if trace.get("name") == "published"]
    unchecked = [text for text in published["text"] if text.endswith("(unchecked)")]
    assert unchecked == ["VGG-16 (unchecked)"]
    assert published["marker"]["symbol"].count("square-open") == 1
