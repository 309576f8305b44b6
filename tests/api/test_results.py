"""What is left of a sweep: rows, a data frame, figures and files of the same numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bnlab.api.race_sweep import race, sweep
from bnlab.api.results import SweepResult
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError
from tests.lab.workers.builders import tiny_race

BASE = tiny_race(steps=20, seeds=2)
AXES = {"optimizer.lr": (0.1, 1.0), "norm.groups": (3, 4)}
GROUPS = {"none": {"norm.kind": "none"}, "group": {"norm.kind": "group"}}


@pytest.fixture(scope="module")
def result() -> SweepResult:
    """Two variants at two by two places, one of which has no group norm; two seeds."""
    experiment = Experiment(base=BASE.base, variants=GROUPS, axes=AXES, seeds=2)
    return sweep(experiment, is_quiet=True)


@pytest.fixture(scope="module")
def line() -> SweepResult:
    """The same with one axis."""
    return sweep(BASE, axes={"optimizer.lr": (0.1, 1.0)}, is_quiet=True)


def test_a_cell_of_a_sweep_ends_as_the_race_of_its_network(line: SweepResult) -> None:
    there = [row for row in line.rows() if row["optimizer.lr"] == 1.0]
    alone = race(BASE, changes={"optimizer.lr": 1.0}, is_quiet=True).rows()
    assert [row["variant"] for row in there] == [row["variant"] for row in alone]
    one_example = 1 / BASE.base.data.facts.validation
    for ours, theirs in zip(there, alone, strict=True):
        assert ours["validation_accuracy"] == pytest.approx(
            theirs["final_accuracy"], abs=1.5 * one_example
        )


def test_a_row_says_where_a_network_lies_and_why_it_cannot_be_built(result: SweepResult) -> None:
    rows = result.rows()
    assert len(rows) == 16
    lost = [row for row in rows if row["status"] == "cannot be built"]
    assert [(row["variant"], row["norm.groups"]) for row in lost] == [("group", 3)] * 4
    assert all("norm.groups must be a divisor" in str(row["reason"]) for row in lost)
    assert all(row["validation_accuracy"] is None for row in lost)


def test_the_data_frame_holds_the_rows(result: SweepResult) -> None:
    frame, rows = result.frame(), result.rows()
    for name in ("variant", "seed", "norm.groups", "steps"):
        assert list(frame[name]) == [row[name] for row in rows]
    measured = [row["validation_accuracy"] or np.nan for row in rows]
    np.testing.assert_allclose(frame["validation_accuracy"], measured)


def test_two_axes_are_a_map_a_variant_on_one_colour_scale(result: SweepResult) -> None:
    figure = result.figure()
    maps = [trace for trace in figure.data if trace.type == "heatmap"]
    assert [trace.xaxis for trace in maps] == ["x", "x2"]
    assert len({(trace.zmin, trace.zmax) for trace in maps}) == 1
    assert [trace.showscale for trace in maps] == [True, False]
    heads = [annotation.text for annotation in figure.layout.annotations]
    assert heads == ["<b>Validation accuracy: none</b>", "<b>Validation accuracy: group</b>"]
    assert "$" not in figure.to_json()  # every colour is settled


def test_one_axis_is_a_curve_a_variant(line: SweepResult) -> None:
    names = {trace.name for trace in line.figure(metric="train_loss").data if trace.name}
    assert names == {"none", "batch"}


def test_the_difference_of_two_variants_is_paired_by_seed(line: SweepResult) -> None:
    figure = line.difference("batch", "none")
    rows = line.rows()
    of = {
        name: [r["validation_accuracy"] for r in rows if r["variant"] == name]
        for name in ("batch", "none")
    }
    difference = np.subtract(of["batch"], of["none"]).reshape(2, 2).mean(1)
    drawn = next(trace for trace in figure.data if trace.type == "heatmap")
    np.testing.assert_allclose(np.array(drawn.z, float).ravel(), difference, atol=1e-3)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda r: r.figure(metric="speed"), "metric must be one of validation_"),
        (lambda r: r.difference("a", "none"), "variant must be one of none, batch"),
        (lambda r: r.difference("batch", "none", metric="x"), "got 'x'"),
    ],
)
def test_what_a_sweep_does_not_have_is_refused(line: SweepResult, call, sentence: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SpecError, match=sentence):
        call(line)


def test_a_ground_that_is_none_is_refused(line: SweepResult) -> None:
    with pytest.raises(ValueError, match="ground must be light or dark"):
        line.figure(ground="pink")  # type: ignore[arg-type]


def test_a_sweep_is_saved_in_each_form(result: SweepResult, tmp_path: Path) -> None:
    saved = json.loads(result.save(tmp_path / "sweep.json").read_text())
    assert len(saved["cells"]) == 16
    assert len(result.save(tmp_path / "sweep.csv").read_text().splitlines()) == 17
    page = result.save(tmp_path / "sweep.html").read_text()
    assert page.count('role="img"') == page.count("<table>") == 2
    assert page.count("Plotly.newPlot") >= 2


def test_axes_in_place_of_those_of_an_experiment(result: SweepResult) -> None:
    other = sweep(result.experiment, axes={"batch_size": (8, 16)}, is_quiet=True)
    assert other.experiment.axes == {"batch_size": (8, 16)}
    assert repr(other) == "<SweepResult: 8 networks, completed>"
