"""`python -m bnlab bench`: a front for the benchmarks, whose rows it prints as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import benchmarks.fleet
from benchmarks.report import Row
from bnlab.api.cli.bench import benchmarks as names
from bnlab.api.cli.command import main

ROWS = (
    Row("3x32 B64 M=64", 13.4, "x", ">= 12", rival="plain loop"),
    Row("frame", 7.0, "ms"),
)


@pytest.fixture
def quick_fleet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures at once: to measure them takes minutes, and benchmarks are no tests."""

    def measure(*, quick: bool = False) -> Iterator[Row]:
        yield from ROWS if quick else ROWS[:1]

    monkeypatch.setattr(benchmarks.fleet, "measure", measure)


@pytest.mark.usefixtures("quick_fleet")
def test_json_holds_case_rival_value_unit_and_goal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "fleet", "--quick", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert rows[0] == {
        "case": "3x32 B64 M=64",
        "rival": "plain loop",
        "value": 13.4,
        "unit": "x",
        "goal": ">= 12",
    }
    assert rows[1]["goal"] is None


@pytest.mark.usefixtures("quick_fleet")
def test_people_get_the_machine_and_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "fleet"]) == 0
    printed = capsys.readouterr()
    assert "cores" in printed.out
    assert "| 3x32 B64 M=64 | plain loop | 13.4 x | >= 12 x | met |" in printed.out
    assert "3x32 B64 M=64, over plain loop: 13.4 x" in printed.err


def test_ctrl_c_keeps_the_rows_that_are_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure() -> Iterator[Row]:
        yield ROWS[0]
        raise KeyboardInterrupt

    monkeypatch.setattr(benchmarks.fleet, "measure", measure)
    assert main(["bench", "fleet", "--json"]) == 130
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 1


def test_every_benchmark_of_the_repository_can_be_named() -> None:
    assert {"fleet", "live", "pages", "startup"} <= set(names())
    assert not {"report", "contenders"} & set(names())


def test_a_benchmark_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "speed"]) == 2
    assert "bench must be one or more of " in capsys.readouterr().err
