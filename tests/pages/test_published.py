"""The page "Published figures": every comparison is there, the paper's own run a link away."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest

from bnlab.lessons.published import COMPARISONS
from tests.pages.conftest import open_page


def figures(app: AppTest) -> list[str]:
    return [
        json.loads(json.loads(element.proto.json)["figure"])["title"]
        for element in app.get("bidi_component")
        if "plot" in element.proto.component_name
    ]


def test_every_comparison_is_shown_with_its_claim() -> None:
    app = open_page("published.py")
    assert figures(app) == [comparison.axis for comparison in COMPARISONS]
    labels = [link.proto.label for link in app.get("page_link")]
    assert sum("Test it here: claim" in label for label in labels) == len(COMPARISONS)


def test_the_papers_experiment_opens_as_a_race_of_50_000_steps() -> None:
    app = open_page("published.py")
    [race] = [link.proto for link in app.get("page_link") if "as a race" in link.proto.label]
    assert "steps=50000" in race.query_string
    assert "network.activation=sigmoid" in race.query_string
