"""What a viewer of a sweep may say, and what it is told when it says something else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bnlab.lab.workers.protocol.commands import Command, Pause, Resume, Stop
from bnlab.live.messages import read_message
from bnlab.live.sweep_view import Message, SweepView
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError

SWEEP = Experiment(
    axes={"optimizer.lr": (0.1, 1.0), "network.gain": (0.5, 1.0, 2.0)},
    seeds=2,
)
CELL = {"variant": "batch", "row": 2, "column": 1, "seed_index": 1}


def view_of(**changes: Any) -> SweepView:
    view = read_message(Message, json.dumps({"look": changes})).look
    assert view is not None
    return view


def command_in(text: str) -> Command:
    return read_message(Message, text).parsed_command()


def test_each_form_of_a_message_is_read() -> None:
    assert read_message(Message, '{"ack": 3}').ack == 3
    assert command_in('{"command": {"kind": "pause"}}') == Pause()
    assert command_in('{"command": {"kind": "resume"}}') == Resume()
    assert command_in('{"command": {"kind": "stop"}}') == Stop()
    view = view_of(metric="train_loss", at=2, pair=["batch", "none"], cell=CELL)
    assert view.pair == ("batch", "none")
    assert view.cell is not None
    assert view.cell.row == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[]",
        "{}",
        "[" * 2000,
        '{"ack": "1"}',
        '{"ack": 1, "command": {"kind": "stop"}}',
        '{"look": {"metric": "beauty"}}',
        '{"look": {"at": -1}}',
        '{"look": {"pair": ["batch"]}}',
        '{"look": {"cell": {"variant": "batch", "row": 25, "column": 0}}}',
        '{"command": {"kind": "step", "n": 1}}',
        '{"command": {"kind": "watch"}}',
        '{"command": {"kind": "dance"}}',
        '{"dance": 1}',
    ],
)
def test_any_other_message_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(SpecError, match=r"\.$"):
        command_in(text)


def test_a_view_of_what_the_sweep_has_fits() -> None:
    view = view_of(pair=["batch", "none"], cell=CELL)
    assert view.fits(SWEEP) is view


@pytest.mark.parametrize(
    "changes",
    [
        {"pair": ["batch", "layer"]},
        {"cell": {**CELL, "variant": "layer"}},
        {"cell": {**CELL, "row": 3}},
        {"cell": {**CELL, "column": 2}},
        {"cell": {**CELL, "seed_index": 2}},
    ],
)
def test_a_view_of_what_the_sweep_has_not_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="must be"):
        view_of(**changes).fits(SWEEP)


def test_a_sweep_of_one_axis_has_one_row() -> None:
    sweep = Experiment(axes={"optimizer.lr": (0.1, 1.0)})
    assert view_of(cell={"variant": "none", "row": 0, "column": 1}).fits(sweep)
    with pytest.raises(SpecError, match=r"cell\.row must be 0 to 0"):
        view_of(cell={"variant": "none", "row": 1, "column": 1}).fits(sweep)
