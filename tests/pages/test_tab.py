"""A page in a tab follows its URL, but not one that comes late."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.shared import tab
from tests.pages.conftest import open_page
from tests.pages.test_pages import labelled, url_of


def go_to(app: AppTest, url: dict[str, str]) -> None:
    """What the browser says its URL is, at its next click."""
    app.query_params.clear()
    for key, value in url.items():
        app.query_params[key] = value


@pytest.mark.parametrize("page", ["race.py", "train_vs_eval.py"])
def test_a_click_made_before_the_new_url_arrived_changes_nothing_back(page: str) -> None:
    app = open_page(page)
    before = url_of(app)
    labelled(app.select_slider, "Batch size").set_value(32).run()
    go_to(app, before)
    labelled(app.select_slider, "Learning rate").set_value(0.03).run()
    assert (url_of(app)["batch_size"], url_of(app)["optimizer.lr"]) == ("32", "0.03")


@pytest.mark.parametrize("page", ["race.py", "train_vs_eval.py"])
def test_going_back_a_while_later_restores_what_was(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tab, "LATE_S", 0.0)
    app = open_page(page)
    before = url_of(app)
    labelled(app.select_slider, "Batch size").set_value(32).run()
    go_to(app, before)
    app.run()
    assert url_of(app) == before
    assert labelled(app.select_slider, "Batch size").value == int(before["batch_size"])


def test_the_first_link_may_come_late_too() -> None:
    app = open_page("train_vs_eval.py", {"view.draws": "5"})
    labelled(app.select_slider, "Batch size").set_value(32).run()
    go_to(app, {"view.draws": "5"})
    labelled(app.select_slider, "Learning rate").set_value(0.03).run()
    assert (url_of(app)["batch_size"], url_of(app)["view.draws"]) == ("32", "5")
