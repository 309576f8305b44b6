"""The figure of the layer shows the numbers of the layer, all of them and no others."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given

from bnlab.by_hand.batch_norm import Forward, forward
from bnlab.by_hand.layer_example import FIRST_BENCH, Bench, bench_of, random_bench
from bnlab.figures.layer import BINS, MOST_MARKS, distributions
from tests.by_hand.torch_layer import benches, by_torch


def layer_of(bench: Bench) -> Forward:
    return forward(bench.x, bench.weight, bench.bias, eps=bench.eps)


@given(benches())
def test_every_value_is_a_mark_in_the_row_of_its_unit(bench: Bench) -> None:
    figure = distributions(layer_of(bench))
    axis = figure["layout"]["yaxis"]
    rows = dict(zip(axis["tickvals"], axis["ticktext"], strict=True))
    marks = [trace for trace in figure["traces"] if trace["mode"] == "markers"]
    drawn = {rows[round(trace["y"][0])]: trace["x"] for trace in marks}
    torch = by_torch(bench)
    for unit in range(bench.columns):
        for name, letter in (("x", "x"), ("x_hat", "x̂"), ("y", "y")):
            np.testing.assert_allclose(
                drawn[f"{letter} · unit {unit + 1}"], torch[name][:, unit], atol=1e-9
            )


@given(benches())
def test_the_table_gives_mean_and_spread_of_every_row(bench: Bench) -> None:
    table = distributions(layer_of(bench))["table"]
    torch = by_torch(bench)
    x = {row[0]: [float(number) for number in row[1:]] for row in table["rows"]}
    values = torch["y"][:, 0]
    expected = [values.mean(), values.std(), values.min(), values.max()]
    np.testing.assert_allclose(x["y · unit 1"], expected, rtol=1e-3, atol=1e-8)
    assert len(table["rows"]) == 3 * bench.columns
    assert len(table["head"]) == len(table["rows"][0])


def test_a_bar_reaches_one_standard_deviation_to_both_sides() -> None:
    layer = layer_of(FIRST_BENCH)
    bar = next(t for t in distributions(layer)["traces"] if t["mode"] == "lines+markers")
    assert bar["x"] == pytest.approx([0.7 - 1.07**0.5, 0.7, 0.7 + 1.07**0.5])


def test_the_text_alternative_says_where_each_unit_is_and_goes() -> None:
    alt = distributions(layer_of(FIRST_BENCH))["alt"]
    assert "Unit 1: x has mean 0.7 and standard deviation 1.03" in alt
    assert "Unit 3" in alt


def test_what_is_no_number_is_left_out() -> None:
    figure = distributions(layer_of(bench_of([[1.0], [1.0]], eps=0)))
    assert json.loads(json.dumps(figure["traces"], allow_nan=False))
    assert figure["table"]["rows"][1][1] == "nan"


def test_hills_of_a_large_minibatch_count_its_values() -> None:
    bench = random_bench(0, rows=MOST_MARKS + 1, columns=2)
    figure, torch = distributions(layer_of(bench)), by_torch(bench)
    hills = [trace for trace in figure["traces"] if trace["mode"] == "lines"]
    assert [hill["name"] for hill in hills] == figure["layout"]["yaxis"]["ticktext"]
    every = np.concatenate([torch[name] for name in ("x", "x_hat", "y")])
    for hill, name, unit in zip(hills, ["x", "x_hat", "y"] * 2, [0] * 3 + [1] * 3, strict=True):
        counts = np.histogram(torch[name][:, unit], np.linspace(every.min(), every.max(), BINS + 1))
        heights = np.array(hill["y"][1:-1:2]) - hill["y"][0]
        np.testing.assert_allclose(heights / heights.max(), counts[0] / counts[0].max(), atol=1e-9)


@pytest.mark.parametrize("x", [[0.0] * 40, [1e60] * 40, [5.0] * 39 + [5.0 + 1e-12]])
def test_a_large_minibatch_of_equal_values_is_drawn_too(x: list[float]) -> None:
    figure = distributions(layer_of(bench_of(np.transpose([x]))))
    assert json.loads(json.dumps(figure["traces"], allow_nan=False))
