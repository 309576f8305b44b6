"""Figures of the page "Training and inference": Plotly takes them, and they say their numbers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from bnlab.figures import examples, inference
from bnlab.figures.marks import numbers
from bnlab.figures.timing import times
from bnlab.results.words import percent

RNG = np.random.default_rng(0)


def probabilities(*shape: int) -> np.ndarray:
    raw = RNG.random(shape)
    return raw / raw.sum(-1, keepdims=True)


TRAINING, EVAL = probabilities(7, 10), probabilities(10)
SIZES = np.array([2, 16, 300], np.int32)
MODES = {
    "batch_sizes": SIZES,
    "shuffled": np.array([0.3, 0.9, 0.97]),
    "sorted_by_class": np.array([0.12, 0.18, 0.97]),
    "eval": np.array(0.972),
}
STEPS = np.arange(1, 201)
RUNNING, EXACT = 0.9 * STEPS / 200, np.linspace(0.5, 0.95, 200)
SHIFTS = np.array([-1.0, 0.0, 2.0])
CHANGED = {
    "running": np.array([0.5, 0.9, 0.3]),
    "exact_train": np.array([0.55, 0.91, 0.31]),
    "exact_changed": np.array([0.9, 0.9, 0.89]),
}
SECONDS = {"with batch norm": RNG.random(20) + 1, "folded": RNG.random(20)}
POINTS, CLASSES = RNG.normal(size=(30, 2)), np.arange(30) % 2

FIGURES = {
    "predictions": inference.predictions(TRAINING, EVAL, label=3),
    "one draw": inference.predictions(TRAINING[:1], EVAL, label=3),
    "accuracy_by_batch": inference.accuracy_by_batch(MODES, classes=10),
    "first_steps": inference.first_steps(STEPS, running=RUNNING, exact=EXACT, last=200),
    "one step": inference.first_steps(STEPS[:1], running=RUNNING[:1], exact=EXACT[:1], last=1),
    "shift": inference.changed(SHIFTS, CHANGED, axis="shift", chosen=2.0, fixed=1.0),
    "scale": inference.changed(SHIFTS + 2, CHANGED, axis="scale", chosen=4.0, fixed=0.0),
    "times": times(SECONDS),
    "digit": examples.digit(RNG.random(64), label=7, number=12),
    "point": examples.point(POINTS[0], label=1, number=4, points=POINTS, classes=CLASSES),
}
every = pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES.keys())


def plain(value: Any) -> Any:
    """A figure as the browser draws it on light ground."""
    if isinstance(value, str):
        return "#123456" if value.startswith("$") else value
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        if set(value) == {"light", "dark"}:
            return value["light"]
        return {key: plain(item) for key, item in value.items()}
    return value


@every
def test_a_figure_is_one_that_plotly_accepts(figure: dict[str, Any]) -> None:
    go.Figure(data=plain(figure["traces"]), layout=plain(figure["layout"]))


@every
def test_a_figure_travels_as_plain_json(figure: dict[str, Any]) -> None:
    assert json.loads(json.dumps(figure, allow_nan=False))["title"] == figure["title"]


@every
def test_a_figure_has_words_and_a_table_as_wide_as_its_head(figure: dict[str, Any]) -> None:
    assert figure["title"] and figure["alt"].endswith(".")
    assert figure["table"]["rows"]
    for row in figure["table"]["rows"]:
        assert len(row) == len(figure["table"]["head"])
        assert all(isinstance(cell, str) for cell in row)
    assert all(mark and meaning for mark, meaning in figure.get("help", []))


def test_every_draw_is_a_mark_and_the_newest_is_marked_apart() -> None:
    bar, earlier, newest = FIGURES["predictions"]["traces"]
    assert bar["y"] == numbers(EVAL)
    assert earlier["y"] == numbers(TRAINING[:-1].ravel())
    assert newest["y"] == numbers(TRAINING[-1])
    assert newest["x"] == list(range(10))


def test_dots_of_a_class_stay_nearer_to_it_than_to_the_next() -> None:
    for draws in (2, 3, 200):
        figure = inference.predictions(probabilities(draws, 4), probabilities(4), label=0)
        places = np.reshape(figure["traces"][1]["x"], (draws - 1, 4))
        assert np.abs(places - np.arange(4)).max() < 0.4


def test_the_table_of_predictions_gives_the_spread_over_the_draws() -> None:
    row = FIGURES["predictions"]["table"]["rows"][3]
    column = TRAINING[:, 3]
    values = (EVAL[3], column[-1], column.min(), np.median(column), column.max())
    assert row == ["3 (true)", *map(percent, values)]


def test_the_words_of_a_figure_say_its_numbers() -> None:
    assert "batches of 16: 90 % shuffled, 18 % sorted" in FIGURES["accuracy_by_batch"]["alt"]
    assert "running 30 %, exact, old data 31 %" in FIGURES["shift"]["alt"]
    assert "step 1: 0.5 % running, 50 % exact" in FIGURES["first_steps"]["alt"]
    assert "a handwritten 7" in FIGURES["digit"]["alt"].lower()


def test_lines_hold_the_numbers_they_were_given() -> None:
    names = {trace["name"]: trace for trace in FIGURES["accuracy_by_batch"]["traces"]}
    assert names["sorted by class"]["y"] == [0.12, 0.18, 0.97]
    assert names["eval mode"]["y"] == [0.972] * 3
    assert names["guessing"]["y"] == [0.1] * 3
    mark, *lines = FIGURES["shift"]["traces"]
    assert mark["x"] == [2.0, 2.0]
    assert [line["y"] for line in lines] == [list(values) for values in CHANGED.values()]


def test_a_network_that_gives_no_number_leaves_a_gap() -> None:
    diverged = MODES | {"shuffled": np.array([np.nan, 0.9, 0.9]), "eval": np.array(np.nan)}
    figure = inference.accuracy_by_batch(diverged, classes=10)
    assert json.dumps(figure, allow_nan=False)
    assert figure["table"]["rows"][0][1] == "–"


def test_one_slow_repetition_does_not_squeeze_the_others() -> None:
    slow = {"with batch norm": np.array([1e-5] * 40), "folded": np.array([1e-5] * 39 + [1.0])}
    assert times(slow)["layout"]["xaxis"]["range"][1] < 20


def test_colours_of_points_are_those_of_their_classes() -> None:
    *others, star = FIGURES["point"]["traces"]
    assert star["marker"]["color"] == others[1]["marker"]["color"]
    assert len(others) == 2
