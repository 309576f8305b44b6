"""The pages: what they say, what their controls do, and that no link breaks them."""

from __future__ import annotations

import pytest

from bnlab.lab.lab import get_lab
from bnlab.lessons.presets import PRESETS
from bnlab.spec.links import from_query
from pages.ui.race.address import FIRST_PRESET, preset_address, write
from tests.pages.conftest import INDEX, open_page, sentences
from tests.pages.test_address import mutated_links


def url_of(app) -> dict[str, str]:  # type: ignore[no-untyped-def]
    """The query parameters that the page has written."""
    return {key: v if isinstance(v, str) else v[0] for key, v in app.query_params.items()}


def labelled(elements, start: str):  # type: ignore[no-untyped-def]
    """The one element whose label begins so."""
    (found,) = [element for element in elements if element.label.startswith(start)]
    return found


def test_home_starts_the_first_race_with_one_click() -> None:
    app = open_page("home.py")
    labelled(app.button, "Start the first race").click()
    app.run()
    assert not app.exception
    run = get_lab().log.get(url_of(app)["run"])
    assert run.experiment == PRESETS[FIRST_PRESET].experiment


def test_home_links_to_every_other_page() -> None:
    linked = {link.proto.page for link in open_page("home.py").get("page_link")}
    scripts = {script.stem for script in INDEX.parent.glob("*.py")}
    assert linked == scripts - {"index", "home"}


def test_the_url_always_holds_the_whole_spec() -> None:
    app = open_page("race.py")
    assert url_of(app) == write(preset_address(FIRST_PRESET))
    labelled(app.select_slider, "Hidden layers").set_value(3)
    app.run()
    fields = {k: v for k, v in url_of(app).items() if k not in {"pace", "preset", "run", "hide"}}
    assert from_query(fields).base.network.depth == 3
    assert "preset" not in url_of(app)


@pytest.mark.parametrize("name", PRESETS)
def test_choosing_a_preset_puts_its_settings_into_the_url(name: str) -> None:
    app = open_page("race.py")
    labelled(app.selectbox, "Start from").set_value(name)
    app.run()
    assert not app.exception
    assert url_of(app) == write(preset_address(name))
    assert app.header[0].value == PRESETS[name].title


def test_the_start_button_starts_what_the_controls_say() -> None:
    app = open_page("race.py", {"preset": FIRST_PRESET, "steps": "50", "seed": "7"})
    labelled(app.button, "Start the race").click()
    app.run()
    assert not app.exception
    run = get_lab().log.get(url_of(app)["run"])
    assert run.experiment.base.seed == 7
    assert run.experiment.base.steps == 50


def test_a_wish_that_cannot_be_met_is_refused_in_a_sentence_and_nothing_changes() -> None:
    app = open_page("race.py", {"data.name": "wine", "batch_size": "32"})
    labelled(app.select_slider, "Batch size").set_value(512)
    app.run()
    assert not app.exception
    assert "batch_size must be at most the 108" in sentences(app)
    assert url_of(app)["batch_size"] == "32"
    assert labelled(app.select_slider, "Batch size").value == 32


def test_two_changes_at_once_between_the_variants_are_pointed_out() -> None:
    link = {
        "variant.none": "norm.kind:none,optimizer.lr:0.1",
        "variant.batch": "norm.kind:batch,optimizer.lr:1.0",
    }
    said = sentences(open_page("race.py", link))
    assert "more than one thing changes: norm, learning rate." in said
    for name in PRESETS:
        assert "more than one thing" not in sentences(open_page("race.py", {"preset": name}))


def test_a_preset_can_be_chosen_again_after_a_dial_was_turned() -> None:
    app = open_page("race.py")
    labelled(app.select_slider, "Hidden layers").set_value(3)
    app.run()
    picker = labelled(app.selectbox, "Start from")
    assert picker.value is None
    picker.set_value(None)
    app.run()
    assert not app.exception
    labelled(app.selectbox, "Start from").set_value(FIRST_PRESET)
    app.run()
    assert url_of(app) == write(preset_address(FIRST_PRESET))


def test_a_bad_link_still_hides_what_it_hides() -> None:
    app = open_page("race.py", {"hide": "data,nonsense", "network.depth": "999"})
    assert "cannot be opened" in sentences(app)
    assert url_of(app)["hide"] == "data"


def test_a_link_to_a_run_that_is_gone_restores_its_settings() -> None:
    app = open_page("race.py", {"preset": FIRST_PRESET, "run": "0123456789abcdef"})
    assert "no longer here" in sentences(app)
    assert labelled(app.button, "Start the race").label


def test_an_experiment_over_the_limits_is_refused_with_the_limit_named() -> None:
    app = open_page("race.py", {"network.depth": "64", "network.width": "1024"})
    labelled(app.button, "Start the race").click()
    app.run()
    assert not app.exception
    assert "BNLAB_MAX_PARAMETERS" in sentences(app)


def test_a_link_hides_controls_for_a_class() -> None:
    app = open_page("race.py", {"hide": "preset,data,optimizer.lr,predict"})
    labels = {
        element.label
        for kind in ("selectbox", "select_slider", "pills")
        for element in app.get(kind)
    }
    assert "Data set" not in labels
    assert "Learning rate" not in labels
    assert "Start from" not in labels
    assert "Hidden layers" in labels
    assert "data" in url_of(app)["hide"]


@pytest.mark.parametrize("query", mutated_links(200)[::4])
def test_no_link_breaks_the_page(query: dict[str, str]) -> None:
    app = open_page("race.py", query)
    assert not app.exception
    assert labelled(app.button, "Start the race").label
