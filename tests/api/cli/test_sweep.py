"""`python -m bnlab sweep`: axes from the command line, a row a network."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from bnlab.api.cli.command import main
from bnlab.api.cli.sweep import axis_text
from bnlab.lessons.presets.sweeps import SWEEP_PRESETS
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError
from bnlab.spec.member import parse
from tests.api.cli.calls import call, interrupt_when

SMALL = ("--set", "data.name=moons", "--set", "network.depth=2", "--set", "network.width=8",
         "--set", "steps=20")  # fmt: skip


def test_standard_output_has_a_row_a_network_and_nothing_else() -> None:
    axes = ("--axis", "optimizer.lr=0.1,1", "--axis", "norm.groups=3,4")
    groups = ("--set", "variant.group=norm.kind:group")
    called = call("sweep", *SMALL, *axes, *groups, "--seeds", "2", "--json")
    assert called.code == 0
    rows = json.loads(called.out)["rows"]
    assert len(rows) == 2 * 2 * 2
    assert {row["status"] for row in rows if row["norm.groups"] == 3} == {"cannot be built"}
    built = [row for row in rows if row["norm.groups"] == 4]
    assert all(0 <= row["validation_accuracy"] <= 1 for row in built)
    assert called.err == "Training 8 networks …\n"


def test_people_see_where_each_variant_does_best(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sweep.csv"
    axis = ("--axis", "optimizer.lr=0.001,0.3")
    assert main(["sweep", *SMALL, *axis, "--quiet", "--out", str(path)]) == 0
    printed = capsys.readouterr()
    assert "learning rate 0.3" in printed.out
    assert printed.err == ""
    with path.open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 4


def test_an_estimate_trains_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["sweep", *SMALL, "--axis", "optimizer.lr=0.1,1", "--seeds", "3", "--estimate"]
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("12 networks: about ")
    assert main([*arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["networks"], document["unbuilt"]) == (12, 0)
    assert document["seconds"] > 0


@pytest.mark.parametrize("name", SWEEP_PRESETS)
def test_a_sweep_preset_has_a_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", name, "--print-spec"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert parse(Experiment, printed) == SWEEP_PRESETS[name].experiment


def test_ctrl_c_keeps_what_is_done(tmp_path: Path) -> None:
    path = tmp_path / "stopped.json"
    endless = ("sweep", *SMALL, "--axis", "optimizer.lr=0.1,1", "--set", "steps=100000")
    called = interrupt_when("Training", (*endless, "--json", "--out", str(path)))
    assert called.code == 130
    assert "Stopped by Ctrl-C. What was done" in called.err
    assert "Traceback" not in called.err
    assert json.loads(called.out)["state"] == "cancelled"
    cells = json.loads(path.read_text())["cells"]
    assert any(cell["steps"] > 0 for cell in cells)


@pytest.mark.parametrize(
    ("path", "text", "values"),
    [
        ("optimizer.lr", "0.5,0.1", "0.5,0.1"),
        ("optimizer.lr", "0.01:1:3", "0.01,0.1,1.0"),
        ("optimizer.lr", "1:3:3:linear", "1.0,2.0,3.0"),
        ("network.depth", "1:9:3:linear", "1,5,9"),
        ("network.dropout", "0:0.5:2", "0.0,0.5"),
        ("norm.kind", "none,batch", "none,batch"),
    ],
)
def test_an_axis_is_a_list_or_a_range(path: str, text: str, values: str) -> None:
    assert axis_text(path, text) == values


@pytest.mark.parametrize(
    "text", ["0.01:10", "a:b:3", "0.01:10:9:cubic", "0.01:10:2.5", "::", "0.01:10:9:log:log"]
)
def test_a_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match=r"axes.optimizer.lr must be values such as"):
        axis_text("optimizer.lr", text)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "axes must be one or two in a sweep"),
        (("--axis", "optimizer.lr=1"), "(got a list of 1"),
        (("--axis", "optimizer.lr=1,1"), "axes.optimizer.lr must be a list of different values"),
        (("--axis", "optimizer.lr=1,nan"), "axes must be "),
        (("--axis", "optimizer.lr=0.1:1e9:3"), "optimizer.lr must be "),
        (("--axis", "optimizer.lr=0.1:1:99"), "must be 2 to 25 values"),
        (("--axis", "seed=1,2"), "axes.seed: this field cannot be an axis"),
        (("--axis", "depth=1,2"), "depth is not a field"),
        (("--axis", "optimizer.lr"), "argument --axis: must be "),
        (("--axis", "steps=1,2", "--axis", "steps=3,4"), "(got the same field twice"),
        (
            ("--axis", "optimizer.lr=0.01:10:25", "--axis", "network.gain=0.1:9:25", "--seeds",
             "20"), "BNLAB_MAX_SWEEP_MEMBERS",
        ),
    ],
)  # fmt: skip
def test_wrong_input_is_refused_in_one_sentence(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert sentence in printed.err
    assert printed.err.count("\n") == 1
