"""`python -m bnlab claims`: claims by number or name, a list for machines, a report for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bnlab.api.claims import chosen
from bnlab.api.cli.command import main
from bnlab.claims import claim
from tests.api.cli.calls import call, interrupt_when
from tests.lab.tiny_claims import BOTH, a_condition, measured_study, tiny_claim, trained_study

QUICK = "auto_tuned_rate"
ENTRY = {"claim", "name", "condition", "effect", "low", "high", "unit", "n", "verdict", "seconds"}


def test_claims_are_chosen_by_number_and_name_once_each_in_their_order() -> None:
    assert [one.number for one in chosen(["14", "learning_rate", "4"])] == [4, 14]
    numbers = [one.number for one in chosen([])]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("name", ["99", "magic"])
def test_an_unknown_claim_is_refused_with_what_there_is(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["claims", "4", name]) == 2
    said = capsys.readouterr().err
    assert f"(got '{name}')" in said and "claim must be one of" in said
    assert "4 (learning_rate)" in said


@pytest.mark.parametrize("seeds", ["0", "100000"])
def test_seeds_that_cannot_be_are_refused(seeds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", QUICK, "--seeds", seeds, "--quiet"]) == 2
    assert f"seeds must be 1 to 64 (got {seeds})" in capsys.readouterr().err


def test_a_folder_that_cannot_be_is_refused_before_anything_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert main(["claims", QUICK, "--out", str(file)]) == 2
    said = capsys.readouterr().err
    assert "must be a folder" in said
    assert "Training" not in said


def test_standard_output_is_a_list_with_an_entry_a_condition(tmp_path: Path) -> None:
    out = tmp_path / "new" / "report"
    called = call("claims", QUICK, "--seeds", "2", "--json", "--out", str(out))
    assert called.code == 0
    entries: list[dict[str, Any]] = json.loads(called.out)
    asked = claim(QUICK)
    assert [entry["condition"] for entry in entries] == [one.name for one in asked.conditions]
    for entry in entries:
        assert entry.keys() >= ENTRY
        assert (entry["claim"], entry["name"]) == (asked.number, QUICK)
        assert entry["n"] == 2
        assert entry["verdict"] is None  # two pairs are too few for one
        assert entry["low"] <= entry["effect"] <= entry["high"]
        assert entry["seconds"] > 0
    assert called.err.splitlines()[0] == f"Training claim {asked.number}, {QUICK} …"
    written = json.loads((out / "report.json").read_text())
    assert written["conditions"] == entries
    assert (out / "report.html").read_text().startswith("<!doctype html>")
    assert {path.name for path in out.iterdir()} == {"report.html", "report.json"}


def test_people_see_a_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tiny_claim({"trained": trained_study(), "measured": measured_study()}, BOTH)
    monkeypatch.setattr("bnlab.api.cli.claims.chosen", lambda _: [asked])
    assert main(["claims", "tiny", "--quiet"]) == 0
    printed = capsys.readouterr()
    assert "+1 unit (+1 to +1)" in printed.out
    assert "supported" in printed.out
    assert printed.err == ""


def test_a_claim_that_breaks_says_why_and_the_others_are_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tiny_claim({"measured": measured_study()}, (a_condition("odd", lambda _: 1 / 0),))
    whole = tiny_claim({"measured": measured_study()}, BOTH[1:])
    monkeypatch.setattr("bnlab.api.cli.claims.chosen", lambda _: [broken, whole])
    assert main(["claims", "--json", "--out", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert printed.err.splitlines()[-1].startswith("bnlab: Claim 99: odd: ZeroDivisionError")
    entries = json.loads(printed.out)
    assert [(entry["state"], entry["verdict"]) for entry in entries] == [
        ("failed", None),
        ("completed", "supported"),
    ]
    assert json.loads((tmp_path / "report.json").read_text())["conditions"] == entries


def test_ctrl_c_keeps_and_writes_what_is_done(tmp_path: Path) -> None:
    asked = ("claims", "4", QUICK, "--seeds", "8", "--json", "--out", str(tmp_path))
    called = interrupt_when("Training", asked)
    assert called.code == 130
    assert "Stopped by Ctrl-C." in called.err
    assert "Traceback" not in called.err
    entries = json.loads(called.out)
    assert {entry["claim"] for entry in entries} == {4}  # the other one was not begun
    assert {entry["state"] for entry in entries} == {"cancelled"}
    assert json.loads((tmp_path / "report.json").read_text())["conditions"] == entries
