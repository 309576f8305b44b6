"""Races from a notebook: what comes back is what was trained."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import bnlab
from bnlab.api.race_sweep import race
from bnlab.api.results import RaceResult
from bnlab.fleet.plan import plan_fleets
from bnlab.fleet.train import Training
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError
from tests.lab.workers.builders import tiny_race
from tests.server import ROOT

TWICE = tiny_race(steps=60, seeds=2)


@pytest.fixture(scope="module")
def result() -> RaceResult:
    """A tiny race of two variants and two seeds, trained by a worker."""
    return race(TWICE, is_quiet=True)


def test_a_race_gives_what_the_fleet_gives(result: RaceResult) -> None:
    for plan in plan_fleets(TWICE):
        training = Training(plan)
        while not training.is_done:
            training.step()
        alone = training.look()
        np.testing.assert_array_equal(
            result.curves.validation_accuracy[list(plan.members)], alone.validation_accuracy
        )


def test_a_row_says_how_a_network_ended(result: RaceResult) -> None:
    rows = result.rows()
    assert [(row["variant"], row["seed"]) for row in rows] == [
        ("none", 0), ("none", 1), ("batch", 0), ("batch", 1),
    ]  # fmt: skip
    last = [round(float(value), 6) for value in result.curves.validation_accuracy[:, -1]]
    assert [row["final_accuracy"] for row in rows] == pytest.approx(last)
    assert {row["status"] for row in rows} <= {"trained", "reached the target", "diverged"}


def test_a_network_that_diverges_says_so() -> None:
    wild = race(
        tiny_race(steps=40),
        changes={"network.activation": "identity", "optimizer.lr": 1000.0},
        is_quiet=True,
    )
    diverged = [row for row in wild.rows() if row["status"] == "diverged"]
    assert diverged
    assert all(row["train_loss"] is None or row["train_loss"] > 1 for row in diverged)
    assert wild.figure().to_json()  # NaN is no JSON


def test_the_data_frame_has_a_row_a_network_and_step(result: RaceResult) -> None:
    frame = result.frame()
    assert list(frame.columns[:4]) == ["step", "variant", "seed", "train_loss"]
    assert len(frame) == 4 * 61
    assert set(frame["variant"]) == {"none", "batch"}  # and none is a name, not a gap
    measured = frame[frame["validation_accuracy"].notna()]
    assert sorted(set(measured["step"])) == list(result.curves.eval_steps)


def test_the_figure_has_a_line_a_variant_in_a_band_of_its_seeds(result: RaceResult) -> None:
    figure = result.figure()
    lines = [trace for trace in figure.data if trace.showlegend]
    assert [line.name for line in lines] == ["none", "batch"]
    middle = np.median(result.curves.validation_accuracy[:2], axis=0)
    np.testing.assert_allclose(lines[0].y, middle, rtol=1e-4)
    assert "right at the end" in figure.layout.meta["alt"]
    assert result.figure(ground="dark").layout.paper_bgcolor != figure.layout.paper_bgcolor


def test_a_result_is_saved_whole_in_each_form(result: RaceResult, tmp_path: Path) -> None:
    saved = json.loads(result.save(tmp_path / "race.json").read_text())
    assert saved["experiment"] == TWICE.model_dump(mode="json")
    assert len(saved["frames"]) == len(result.frames)
    assert result.save(tmp_path / "race.csv").read_text().startswith("step,variant,seed")
    page = result.save(str(tmp_path / "race.html")).read_text()
    assert 'role="img"' in page
    assert "<table>" in page
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "race.csv",
        "race.html",
        "race.json",
    ]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [("race.txt", "race.txt must be .json, .csv or .html"),
     ("race", "got no extension"), ("nowhere/race.csv", "there is no folder nowhere")],
)  # fmt: skip
def test_a_path_that_cannot_be_saved_to_is_refused(
    result: RaceResult, path: str, sentence: str
) -> None:
    with pytest.raises(SpecError, match=sentence):
        result.save(path)


@pytest.mark.parametrize(
    ("source", "options", "sentence"),
    [
        ("nonsense", {}, "experiment must be a .json or .toml file, or one of"),
        (None, {"changes": {"network.deep": 1}}, "network.deep is not a field"),
        (None, {"seeds": 0}, "seeds must be a whole number from 1"),
        (None, {"device": "tpu"}, "device must be auto, cpu, cuda, mps"),
        ({"axes": {"optimizer.lr": [0.1, 1]}}, {}, "axes must be none in a"),
        (None, {"seeds": 500}, "BNLAB_MAX_MEMBERS"),
    ],
)
def test_a_race_that_cannot_be_is_refused(source, options, sentence: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SpecError, match=sentence):
        race(source, **options)


def test_a_preset_a_document_and_a_file_name_the_same_experiment(tmp_path: Path) -> None:
    from bnlab.api.race_sweep import race_from

    document = TWICE.model_dump(mode="json")
    path = tmp_path / "tiny.json"
    path.write_text(json.dumps(document))
    assert race_from(document, changes={}) == race_from(str(path), changes={}) == TWICE
    assert race_from("spirals", changes={}) == bnlab.PRESETS["spirals"].experiment
    assert race_from(None, changes={}) == Experiment()


def test_a_race_leaves_torch_to_its_worker() -> None:
    code = (
        "import sys, bnlab; r = bnlab.race(changes={'steps': 3}, is_quiet=True); "
        "print(r.is_complete, 'torch' in sys.modules, 'pandas' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "False", "False"]
    assert done.stderr == ""
