"""`python -m bnlab data`: what is learned, as the networks get it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from bnlab.api.cli.command import main
from bnlab.data.datasets import load
from bnlab.spec.data import DATA_FACTS, DataSpec


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own for registered images."""
    monkeypatch.setenv("BNLAB_DATA", str(tmp_path / "images"))


def test_every_data_set_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["name"] for row in rows] == list(DATA_FACTS)
    assert main(["data"]) == 0
    table = capsys.readouterr().out
    assert all(name in table for name in DATA_FACTS)


def test_the_parts_of_one_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "moons", "--set", "train_size=20", "--seed", "3", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["seed"] == 3
    assert [row["examples"] for row in document["rows"]] == [20, 250, 250]
    assert [sum(row["classes"]) for row in document["rows"]] == [20, 250, 250]


def test_the_examples_are_written_as_a_network_gets_them(tmp_path: Path) -> None:
    table, arrays = tmp_path / "moons.csv", tmp_path / "moons.npz"
    for path in (table, arrays):
        assert main(["data", "moons", "--set", "noise=0.3", "--out", str(path)]) == 0
    data = load(DataSpec(name="moons", noise=0.3), 0)
    with np.load(arrays) as saved:
        np.testing.assert_array_equal(saved["x_test"], data.x_test)
    with table.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["part", "label", "x1", "x2"]
    assert len(rows) == 1 + 1000
    np.testing.assert_allclose([float(x) for x in rows[1][2:]], data.x_train[0], rtol=1e-5)


@pytest.mark.parametrize("flag", ["--register", "--bring"])
def test_registered_images_are_a_data_set_from_then_on(
    flag: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "mine.npz"
    np.savez(path, images=rng.random((60, 5, 5)), labels=np.arange(60) % 3)
    assert main(["data", "cli_mine", flag, str(path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert sum(row["examples"] for row in document["rows"]) == 60
    assert document["features"] == 25
    assert main(["data"]) == 0
    assert "cli_mine" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"images,labels"])
def test_a_file_that_holds_no_images_is_refused(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.npz"
    path.write_bytes(content)
    assert main(["data", "mine", "--register", str(path)]) == 2
    err = capsys.readouterr().err
    assert "--register cannot read 'mine.npz' (" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("data", "cats"), "data.name must be one of digits"),
        (("data", "moons", "--set", "noise=9"), "data.noise must be a number from 0"),
        (("data", "moons", "--seed", "-1"), "(got -1"),
        (("data", "moons", "--out", "moons.xls"), "moons.xls must be .csv or .npz (got .xls)."),
        (("data", "moons", "--out", "no/moons.csv"), "there is no folder no"),
        (("data", "--out", "all.csv"), "NAME: missing"),
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
