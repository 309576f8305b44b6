"""The figure of the layer shows the numbers of the layer, all of them and no others."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given

from bnlab.by_hand.batch_norm import Forward, forward
from bnlab.by_hand.layer_example import FIRST_EXAMPLE, LayerExample, example_of, random_example
from bnlab.figures.layer import BINS, MOST_MARKS, distributions
from tests.by_hand.torch_layer import by_torch, layer_examples


def layer_of(example: LayerExample) -> Forward:
    return forward(example.x, example.weight, example.bias, eps=example.eps)


@given(layer_examples())
def test_every_value_is_a_mark_in_the_row_of_its_unit(example: LayerExample) -> None:
    figure = distributions(layer_of(example))
    axis = figure["layout"]["yaxis"]
    rows = dict(zip(axis["tickvals"], axis["ticktext"], strict=True))
    marks = [trace for trace in figure["traces"] if trace["mode"] == "markers"]
    drawn = {rows[round(trace["y"][0])]: trace["x"] for trace in marks}
    torch = by_torch(example)
    for unit in range(example.columns):
        for name, letter in (("x", "x"), ("x_hat", "x̂"), ("y", "y")):
            np.testing.assert_allclose(
                drawn[f"{letter} · unit {unit + 1}"], torch[name][:, unit], atol=1e-9
            )


@given(layer_examples())
def test_the_table_gives_mean_and_spread_of_every_row(example: LayerExample) -> None:
    table = distributions(layer_of(example))["table"]
    torch = by_torch(example)
    x = {row[0]: [float(number) for number in row[1:]] for row in table["rows"]}
    values = torch["y"][:, 0]
    expected = [values.mean(), values.std(), values.min(), values.max()]
    np.testing.assert_allclose(x["y · unit 1"], expected, rtol=1e-3, atol=1e-8)
    assert len(table["rows"]) == 3 * example.columns
    assert len(table["head"]) == len(table["rows"][0])


def test_a_bar_reaches_one_standard_deviation_to_both_sides() -> None:
    layer = layer_of(FIRST_EXAMPLE)
    bar = next(t for t in distributions(layer)["traces"] if t["mode"] == "lines+markers")
    assert bar["x"] == pytest.approx([0.7 - 1.07**0.5, 0.7, 0.7 + 1.07**0.5])


def test_the_text_alternative_says_where_each_unit_is_and_goes() -> None:
    alt = distributions(layer_of(FIRST_EXAMPLE))["alt"]
    assert "Unit 1: x has mean 0.7 and standard deviation 1.03" in alt
    assert "Unit 3" in alt


def test_what_is_no_number_is_left_out() -> None:
    figure = distributions(layer_of(example_of([[1.0], [1.0]], eps=0)))
    assert json.loads(json.dumps(figure["traces"], allow_nan=False))
    assert figure["table"]["rows"][1][1] == "nan"


def test_hills_of_a_large_minibatch_count_its_values() -> None:
    example = random_example(0, rows=MOST_MARKS + 1, columns=2)
    figure, torch = distributions(layer_of(example)), by_torch(example)
    hills = [trace for trace in figure["traces"] if trace["mode"] == "lines"]
    assert [hill["name"] for hill in hills] == figure["layout"]["yaxis"]["ticktext"]
    every = np.concatenate([torch[name] for name in ("x", "x_hat", "y")])
    for hill, name, unit in zip(hills, ["x", "x_hat", "y"] * 2, [0] * 3 + [1] * 3, strict=True):
        counts = np.histogram(torch[name][:, unit], np.linspace(every.min(), every.max(), BINS + 1))
        heights = np.array(hill["y"][1:-1:2]) - hill["y"][0]
        np.testing.assert_allclose(heights / heights.max(), counts[0] / counts[0].max(), atol=1e-9)


@pytest.mark.parametrize("x", [[0.0] * 40, [1e60] * 40, [5.0] * 39 + [5.0 + 1e-12]])
def test_a_large_minibatch_of_equal_values_is_drawn_too(x: list[float]) -> None:
    figure = distributions(layer_of(example_of(np.transpose([x]))))
    assert json.loads(json.dumps(figure["traces"], allow_nan=False))
