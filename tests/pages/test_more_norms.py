"""The norms beside the common five on the race page."""

from __future__ import annotations

import pytest

from bnlab.lab.lab import get_lab
from bnlab.spec.fields import field_at
from bnlab.spec.links import from_query
from bnlab.spec.member import MemberSpec
from bnlab.spec.norm_words import NORM_WORDS
from pages.ui.shared.norm_controls import COMMON, STOPS
from tests.pages.conftest import open_page, sentences
from tests.pages.test_pages import labelled, url_of

MORE = {kind: words for kind, words in NORM_WORDS.items() if kind not in COMMON}
SMALL = {"data.name": "wine", "network.width": "8", "batch_size": "32", "steps": "20"}


@pytest.mark.parametrize("kind", MORE)
def test_a_further_norm_is_offered_in_words_and_becomes_a_variant_that_trains(kind: str) -> None:
    words = MORE[kind]  # type: ignore[index]
    app = open_page("race.py", SMALL)
    box = labelled(app.selectbox, "More norms")
    assert words.spoken in box.options
    assert f"**{words.spoken}**: {words.says}." in box.help
    box.set_value(words.variant)
    app.run()
    assert not app.exception
    assert words.variant in labelled(app.pills, "Variants").value
    labelled(app.button, "Start the race").click()
    app.run()
    assert not app.exception
    experiment = get_lab().log.get(url_of(app)["run"]).experiment
    assert experiment.variants[words.variant] == {"norm.kind": kind}
    assert labelled(app.selectbox, "More norms").value is None


@pytest.mark.parametrize(
    ("variant", "labels"),
    [
        ("ghost", {"Ghost batch size"}),
        ("renorm", {"Renormalize from step", "Limit on r", "Limit on d"}),
        ("noisy", {"Random shift", "Random scale"}),
        ("frozen", {"Frozen after step"}),
        ("centre only", set()),
    ],
)
def test_a_norm_brings_its_own_dials_and_no_other(variant: str, labels: set[str]) -> None:
    kinds = {words.variant: kind for kind, words in NORM_WORDS.items()}
    app = open_page("race.py", {**SMALL, f"variant.{variant}": f"norm.kind:{kinds[variant]}"})
    shown = {element.label for element in app.select_slider}
    fields = {field for field in STOPS if _title(field) in shown}
    assert {_title(field) for field in fields} == labels


def _title(path: str) -> str:
    return field_at(path, MemberSpec).title or ""


def test_a_ghost_size_that_does_not_divide_the_minibatch_is_refused_with_a_sentence() -> None:
    app = open_page("race.py", {**SMALL, "variant.ghost": "norm.kind:batch_ghost"})
    labelled(app.select_slider, "Ghost batch size").set_value(64)
    app.run()
    assert not app.exception
    assert "norm.ghost_size must be a divisor of the batch size 32" in sentences(app)
    fields = {k: v for k, v in url_of(app).items() if k not in {"pace", "preset", "run", "hide"}}
    assert from_query(fields).base.norm.ghost_size == 16
