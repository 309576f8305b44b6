"""The microscope's figures are Plotly's once numbers are put in, and every mark is explained."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import pytest

from bnlab.figures.microscope import microscope_figures

FIGURES = microscope_figures()
OWN = {"of", "place", "is_bar"}  # what the browser reads, and Plotly does not know


def light(value: Any) -> Any:
    """A figure in the colours of the light page."""
    if isinstance(value, dict):
        if set(value) == {"light", "dark"}:
            return value["light"]
        return {key: light(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("name", FIGURES)
def test_with_numbers_put_in_it_is_a_figure_plotly_accepts(name: str) -> None:
    traces = [
        {**{key: light(item) for key, item in trace.items() if key not in OWN}, "x": [1], "y": [2]}
        for trace in FIGURES[name]["traces"]
    ]
    go.Figure(data=traces, layout=FIGURES[name]["layout"])  # raises ValueError


@pytest.mark.parametrize("name", FIGURES)
def test_it_says_what_it_shows_and_what_each_mark_means(name: str) -> None:
    figure = FIGURES[name]
    assert figure["title"]
    explained = {mark.lower() for mark, _ in figure["help"]}
    assert all(meaning.endswith(".") for _, meaning in figure["help"])
    drawn = {trace["name"] for trace in figure["traces"] if "name" in trace}
    assert drawn <= explained


def test_before_and_after_stand_one_under_the_other_each_with_its_bar() -> None:
    marks = [trace for trace in FIGURES["values"]["traces"] if not trace.get("is_bar")]
    bars = [trace for trace in FIGURES["values"]["traces"] if trace.get("is_bar")]
    assert [trace["of"] for trace in marks] == ["x", "normalized", "y"]
    assert [trace["of"] for trace in bars] == ["x", "normalized", "y"]
    places = [trace["place"] for trace in marks]
    assert places == sorted(places, reverse=True)
    assert all(bar["place"] < mark["place"] for bar, mark in zip(bars, marks, strict=True))
