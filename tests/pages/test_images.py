"""Image networks and your own images on the race page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bnlab.data.user_images import register_images
from bnlab.lab.lab import get_lab
from tests.pages.conftest import open_page, sentences
from tests.pages.test_pages import labelled, url_of

DIGITS = {"data.name": "digits", "steps": "20", "network.width": "8", "network.depth": "3"}


@pytest.mark.parametrize("kind", ["vgg", "resnet", "inception"])
def test_an_image_network_is_chosen_and_started(kind: str) -> None:
    app = open_page("race.py", DIGITS)
    labelled(app.selectbox, "Kind").set_value(kind)
    app.run()
    assert url_of(app)["network.kind"] == kind
    labelled(app.button, "Start the race").click()
    app.run()
    assert not app.exception
    run = get_lab().log.get(url_of(app)["run"])
    assert run.experiment.base.network.kind == kind


def test_an_image_network_on_points_is_refused_with_a_sentence() -> None:
    app = open_page("race.py", DIGITS | {"data.name": "moons"})
    labelled(app.selectbox, "Kind").set_value("vgg")
    app.run()
    assert not app.exception
    assert "network.kind must be dense" in sentences(app)
    assert url_of(app)["network.kind"] == "dense"


def test_your_own_images_are_offered_and_raced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNLAB_DATA", str(tmp_path))
    pixels = np.random.default_rng(0).integers(0, 256, (90, 12, 12)).astype(np.uint8)
    register_images("shapes", pixels, np.arange(90) % 3)
    app = open_page("race.py", DIGITS | {"batch_size": "16"})
    labelled(app.selectbox, "Data set").set_value("shapes")
    app.run()
    assert not app.exception
    assert url_of(app)["data.name"] == "shapes"


def test_a_link_to_images_that_are_not_here_is_refused_with_a_sentence() -> None:
    app = open_page("race.py", DIGITS | {"data.name": "elsewhere"})
    assert not app.exception
    assert "data.name must be one of digits" in sentences(app)
