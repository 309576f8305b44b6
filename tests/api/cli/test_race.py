"""`python -m bnlab race`: a table or JSON on standard output, everything else beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bnlab.api.cli.command import main
from bnlab.spec.documents import read_file
from tests.api.cli.calls import call, interrupt_when

SMALL = ("--set", "data.name=moons", "--set", "network.depth=2", "--set", "steps=40")


def test_standard_output_is_one_json_document_and_nothing_else() -> None:
    called = call("race", *SMALL, "--seeds", "2", "--json")
    assert called.code == 0
    document = json.loads(called.out)
    assert document["state"] == "completed"
    assert document["experiment"]["seeds"] == 2
    assert [row["variant"] for row in document["rows"]] == ["none", "none", "batch", "batch"]
    assert all(0 <= row["final_accuracy"] <= 1 for row in document["rows"])
    assert called.err == "Training 4 networks …\n"


def test_people_get_a_line_a_variant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["race", *SMALL, "--quiet"]) == 0
    printed = capsys.readouterr()
    lines = [line.split() for line in printed.out.splitlines() if line.strip()]
    assert [line[0] for line in lines if line[0] in ("none", "batch")] == ["none", "batch"]
    assert printed.err == ""


def test_a_race_is_written_to_every_file_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [tmp_path / "race.json", tmp_path / "race.csv"]
    outs = [text for path in paths for text in ("--out", str(path))]
    assert main(["race", *SMALL, *outs]) == 0
    assert capsys.readouterr().err.count("Written: ") == 2
    assert json.loads(paths[0].read_text())["state"] == "completed"
    assert paths[1].read_text().startswith("step,variant,seed,train_loss")


def test_the_printed_spec_is_a_file_to_start_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["race", "spirals", "--seeds", "3", "--print-spec"]) == 0
    path = tmp_path / "mine.json"
    path.write_text(capsys.readouterr().out)
    assert read_file(path).seeds == 3
    assert main(["race", str(path), "--print-spec"]) == 0
    assert capsys.readouterr().out == path.read_text()


def test_ctrl_c_keeps_what_is_done(tmp_path: Path) -> None:
    path = tmp_path / "stopped.json"
    endless = ("race", *SMALL, "--set", "steps=100000", "--json", "--out", str(path))
    called = interrupt_when("Training", endless)
    assert called.code == 130
    assert "Stopped by Ctrl-C. What was done at step" in called.err
    assert "Traceback" not in called.err
    document = json.loads(called.out)
    assert document["state"] == "cancelled"
    assert document["rows"][0]["final_accuracy"] is not None
    saved = json.loads(path.read_text())
    assert saved["state"] == "cancelled"
    assert saved["frames"][-1]["step"] > 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "the following arguments are required: COMMAND (see python -m bnlab --help)."),
        (("learn",), "invalid choice: 'learn'"),
        (("race", "nonsense"), "experiment must be a .json or .toml file, or"),
        (("race", "--seeds", "two"), "argument --seeds: invalid int value: 'two'"),
        (("race", "--set", "steps"), "argument --set: must be FIELD=VALUE"),
        (("race", "--set", "steps=0"), "steps must be a whole number from 1 to 100000 (got 0)."),
        (("race", "--device", "tpu"), "argument --device: invalid choice: 'tpu'"),
        (("race", "--out", "race.txt"), "race.txt must be .json, .csv or .html"),
        (("race", "--out", "no/race.csv"), "there is no folder no"),
        (("race", "--seeds", "900"), "BNLAB_MAX_MEMBERS"),
        (
            ("race", "--set", "axis.optimizer.lr=0.1,1"),
            "none in a race; use sweep (got optimizer.lr).",
        ),
    ],
)
def test_wrong_input_is_refused_in_one_sentence(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(list(arguments)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert sentence in printed.err
    assert printed.err.count("\n") == 1


def test_help_says_what_the_exit_codes_mean(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["race", "--help"])
    assert "130" in capsys.readouterr().out
