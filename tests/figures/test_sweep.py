"""Figures of sweeps: Plotly takes them, every mark is where its cell is, and words say numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from bnlab.figures.painted import painted
from bnlab.figures.sweep import map_figure
from bnlab.figures.sweep_curves import curves_figure
from bnlab.figures.sweep_difference import difference_figure
from bnlab.results.frames import DIVERGED
from bnlab.results.sweeps.axes import spread
from bnlab.results.sweeps.maps import heatmap
from bnlab.results.sweeps.metrics import METRICS, MetricName
from bnlab.results.sweeps.table import Table
from bnlab.spec.experiment import Experiment
from tests.results.sweeps.tables import a_sweep, a_table, a_waiting_table, places

TWO = a_sweep()
ONE = a_sweep(axes={"optimizer.lr": [0.01, 0.1, 1.0, 10.0]})
WORDS = a_sweep(axes={"network.activation": ["relu", "leaky_relu", "gelu", "tanh", "sigmoid"]})
UNBUILT = a_sweep(
    axes={"network.width": [8, 10, 12], "optimizer.lr": [0.1, 1.0]},
    variants={"group": {"norm.kind": "group"}, "none": {}},
)


def diverged(experiment: Experiment, variant: str, *, place: tuple[int, ...]) -> Table:
    """A table in which a cell, or one of its seeds, has lost all numbers."""
    table = a_table(experiment)
    gone = places(experiment, variant)[place]
    values = {name: rows.copy() for name, rows in table.values.items()}
    for rows in values.values():
        rows[gone, 1:] = np.nan
    status = table.status.copy()
    status[gone] = DIVERGED
    return replace(table, values=values, status=status)


GONE, PARTLY = diverged(TWO, "none", place=(1, 2)), diverged(TWO, "none", place=(0, 1, 0))
EVERY = {
    f"{kind} {metric}": figure
    for metric in METRICS
    for kind, figure in {
        "map": map_figure(TWO, a_table(TWO), metric, "none"),
        "map in words": map_figure(WORDS, a_table(WORDS), metric, "batch", at=1),
        "waiting map": map_figure(TWO, a_waiting_table(TWO), metric, "none"),
        "unbuilt map": map_figure(UNBUILT, a_table(UNBUILT), metric, "group"),
        "diverged map": map_figure(TWO, GONE, metric, "none"),
        "difference": difference_figure(TWO, a_table(TWO), metric, "batch", "none"),
        "diverged difference": difference_figure(TWO, GONE, metric, "batch", "none"),
        "waiting difference": difference_figure(TWO, a_waiting_table(TWO), metric, "none", "batch"),
        "curves": curves_figure(ONE, a_table(ONE), metric),
        "curves in words": curves_figure(WORDS, a_table(WORDS), metric, at=1),
        "waiting curves": curves_figure(ONE, a_waiting_table(ONE), metric),
        "diverged curves": curves_figure(ONE, diverged(ONE, "none", place=(0, 3)), metric),
    }.items()
}
every = pytest.mark.parametrize("figure", EVERY.values(), ids=EVERY.keys())


@every
def test_a_figure_is_one_that_plotly_accepts(figure: dict[str, Any]) -> None:
    for ground in ("light", "dark"):
        go.Figure(painted(figure, ground))  # type: ignore[arg-type]


@every
def test_a_figure_travels_as_plain_json(figure: dict[str, Any]) -> None:
    assert json.loads(json.dumps(figure, allow_nan=False))["title"] == figure["title"]


@every
def test_a_figure_has_words_and_a_table_as_wide_as_its_head(figure: dict[str, Any]) -> None:
    assert figure["title"] and figure["alt"].endswith(".")
    assert figure["table"]["rows"]
    for row in figure["table"]["rows"]:
        assert len(row) == len(figure["table"]["head"])
        assert all(isinstance(cell, str) and cell for cell in row)
    assert all(mark and meaning for mark, meaning in figure["help"])


def test_the_colours_of_a_map_are_its_numbers_in_their_cells() -> None:
    z = EVERY["map validation_accuracy"]["traces"][0]["z"]
    shown = heatmap(TWO, a_table(TWO), "validation_accuracy", "none")
    np.testing.assert_allclose(np.array(z), shown.values, rtol=1e-3)
    losses = EVERY["map validation_loss"]["traces"][0]["z"]
    shown = heatmap(TWO, a_table(TWO), "validation_loss", "none")
    np.testing.assert_allclose(10 ** np.array(losses), shown.values, rtol=2e-3)


@pytest.mark.parametrize("metric", METRICS)
def test_all_variants_have_one_colour_scale_and_it_stays(metric: MetricName) -> None:
    figures = [
        map_figure(TWO, table, metric, variant)
        for variant in TWO.variants
        for table in (a_table(TWO), a_waiting_table(TWO), GONE)
    ]
    scales = [
        {name: trace[name] for name in ("zmin", "zmax", "colorscale", "reversescale", "colorbar")}
        for trace in (figure["traces"][0] for figure in figures)
    ]
    assert all(scale == scales[0] for scale in scales)


@pytest.mark.parametrize("metric", ["steps_to_target", "validation_loss", "gradient_ratio"])
def test_a_number_beyond_the_scale_has_the_colour_of_its_end(metric: MetricName) -> None:
    table = a_table(TWO)
    values = {name: rows * np.float32(1e12) for name, rows in table.values.items()}
    far = replace(table, values=values, target_steps=np.full_like(table.target_steps, np.inf))
    cells = map_figure(TWO, far, metric, "none")["traces"][0]
    assert np.allclose(cells["z"], cells["zmax"], rtol=1e-3)


def marked(figure: dict[str, Any], trace: int) -> list[tuple[int, int]]:
    """The cells with a mark, as (row, column)."""
    marks = figure["traces"][trace]
    return list(zip(marks["y"], marks["x"], strict=True))


def test_a_cell_that_diverged_is_crossed_and_has_no_colour() -> None:
    figure = EVERY["diverged map validation_accuracy"]
    assert marked(figure, 1) == [(1, 2)] and not marked(figure, 2)
    assert figure["traces"][0]["z"][1][2] is None
    assert figure["traces"][0]["text"][1][2].endswith("3 of 3 diverged")
    assert "Cells diverged for every seed: 1." in figure["alt"]


def test_a_cell_of_which_a_seed_diverged_keeps_its_colour_under_a_small_cross() -> None:
    figure = map_figure(TWO, PARTLY, "validation_accuracy", "none")
    assert not marked(figure, 1) and marked(figure, 2) == [(0, 1)]
    assert figure["traces"][0]["z"][0][1] is not None
    small, large = (figure["traces"][trace]["marker"]["size"] for trace in (2, 1))
    assert small < large
    assert "1 of 3 diverged" in figure["table"]["rows"][1][2]  # the table begins at the top


def test_a_cell_that_cannot_be_built_is_dashed_and_says_why() -> None:
    figure = EVERY["unbuilt map validation_accuracy"]
    assert marked(figure, 3) == [(0, 1), (1, 1)]
    assert "(got 4" in figure["traces"][0]["text"][0][1]
    assert figure["traces"][0]["z"][0][1] is None


def test_every_cell_says_where_it_lies() -> None:
    text = EVERY["map validation_accuracy"]["traces"][0]["text"]
    assert text[1][2].startswith("learning rate 1, hidden layers 4<br>")
    axis = EVERY["map validation_accuracy"]["layout"]["yaxis"]
    assert dict(zip(axis["tickvals"], axis["ticktext"], strict=True)) == {0: "2", 1: "4"}


def test_cells_of_which_the_difference_may_be_chance_are_hatched_and_others_are_not() -> None:
    table = a_table(TWO)
    accuracy = table.values["validation_accuracy"].copy()
    accuracy[places(TWO, "none")] = 0.2 + np.array([0.0, 0.01, 0.02], np.float32)[:, None]
    accuracy[places(TWO, "batch")] = 0.2 + np.array([0.02, 0.01, 0.0], np.float32)[:, None]
    accuracy[places(TWO, "batch")[1, 2]] = 0.9
    values = {**table.values, "validation_accuracy": accuracy}
    figure = difference_figure(
        TWO, replace(table, values=values), "validation_accuracy", "batch", "none"
    )
    strokes = figure["traces"][1]
    middles = [
        (round((y0 + y1) / 2 - (x0 + x1) / 2 + round((x0 + x1) / 2)), round((x0 + x1) / 2))
        for x0, x1, y0, y1 in zip(
            strokes["x"][3::9], strokes["x"][4::9], strokes["y"][3::9], strokes["y"][4::9],
            strict=True,
        )
    ]  # fmt: skip
    assert set(middles) == set(np.ndindex(2, 3)) - {(1, 2)}
    assert "may be chance" in figure["traces"][0]["text"][0][0]
    assert "may be chance" not in figure["traces"][0]["text"][1][2]
    assert "1 are above 0 and 0 below" in figure["alt"]


def test_of_one_seed_the_difference_says_why_all_of_it_is_hatched() -> None:
    sweep = a_sweep(axes=TWO.model_dump()["axes"], seeds=1)
    figure = difference_figure(sweep, a_table(sweep), "validation_accuracy", "batch", "none")
    assert "with one seed a difference has no interval" in figure["note"]
    assert figure["note"] in figure["alt"]
    assert "(1 pair, no interval)" in figure["traces"][0]["text"][0][0]
    assert all(not EVERY[name]["note"] for name in EVERY if "difference" in name)


def test_the_scale_of_a_difference_has_its_middle_at_zero() -> None:
    for metric in METRICS:
        cells = EVERY[f"difference {metric}"]["traces"][0]
        assert cells["zmin"] == -cells["zmax"] < 0


@pytest.mark.parametrize("metric", [name for name in METRICS if METRICS[name].kind != "ratio"])
def test_the_bar_of_a_difference_has_signs_on_both_sides_and_none_at_zero(
    metric: MetricName,
) -> None:
    cells = EVERY[f"difference {metric}"]["traces"][0]
    bar = cells["colorbar"]
    named = dict(zip(bar["tickvals"], bar["ticktext"], strict=True))
    assert named[0.0] in ("0", "0%")
    assert len(named) in (3, 5)
    for at, name in named.items():
        assert cells["zmin"] <= at <= cells["zmax"]
        assert name[0] == ("+" if at > 0 else "−" if at < 0 else "0")


def test_the_better_variant_gives_a_difference_its_colour() -> None:
    accuracy, loss = (
        EVERY[f"difference {metric}"]["traces"][0]["colorscale"]
        for metric in ("validation_accuracy", "validation_loss")
    )
    assert accuracy[0][1] == loss[2][1] and accuracy[2][1] == loss[0][1]
    assert accuracy[2][1]["light"] == "#0072B2"  # batch norm's own


def test_curves_go_through_their_numbers_and_the_star_is_on_the_best() -> None:
    table = a_table(ONE)
    band, line, crosses, star = EVERY["curves validation_accuracy"]["traces"][:4]
    values = heatmap(ONE, table, "validation_accuracy", "none").values[0]
    np.testing.assert_allclose(line["y"], values, rtol=1e-4)
    assert line["x"] == [0.01, 0.1, 1.0, 10.0]
    assert star["y"] == [max(line["y"])] and not crosses["x"]
    assert len(band["x"]) == 8


def test_one_seed_has_no_band() -> None:
    sweep = a_sweep(axes={"network.depth": [1, 2, 3]}, seeds=1)
    assert curves_figure(sweep, a_table(sweep), "train_loss")["traces"][0]["x"] == []


def test_where_seeds_diverged_the_curves_have_a_cross() -> None:
    _, line, crosses, _ = EVERY["diverged curves validation_accuracy"]["traces"][:4]
    assert line["y"][3] is None
    assert (crosses["x"], crosses["y"]) == ([10.0], [0.0])
    assert EVERY["diverged curves validation_accuracy"]["table"]["rows"][3][1] == "3 of 3 diverged"


@pytest.mark.parametrize("n", [2, 9, 25])
def test_the_names_of_the_values_have_room_on_a_phone(n: int) -> None:
    axes = {"optimizer.lr": spread("optimizer.lr", 0.0011, 11, n)}
    layout = map_figure(sweep := a_sweep(axes=axes), a_table(sweep), "train_loss", "none")["layout"]
    named = layout["xaxis"]["ticktext"]
    assert 2 <= len(named) <= 7
    assert sum(len(name) for name in named) * 7 < 300
