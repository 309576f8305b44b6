"""Commands and queries come as plain data; whatever is none is refused in a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlab.fields import SpecError
from bnlab.workers.commands import (
    Command,
    Freeze,
    Pace,
    Pause,
    ResetStatistics,
    Resume,
    SetLearningRate,
    SetMomentum,
    Step,
    Stop,
    Watch,
    check_pace,
    parse_command,
)
from bnlab.workers.messages import decode, encode
from bnlab.workers.queries import Evaluate, Query, Unit, parse_query

COMMANDS: list[Command] = [
    Pause(),
    Resume(),
    Step(n=3),
    Stop(reason="Enough."),
    SetLearningRate(lr=0.5),
    SetMomentum(momentum=0.01),
    SetMomentum(momentum="cumulative"),
    Freeze(frozen=False),
    ResetStatistics(),
    Pace(steps_per_s=20.0),
    Watch(quantities=("activation", "gradient"), pictures=True),
]
QUERIES: list[Query] = [Evaluate(part="test", mode="train"), Unit(variant="none", layer=1, unit=2)]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.kind)
def test_a_command_survives_its_json_form(command: Command) -> None:
    assert parse_command(json.loads(command.model_dump_json())) == command


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.kind)
def test_a_query_survives_its_json_form(query: Query) -> None:
    assert parse_query(json.loads(query.model_dump_json())) == query


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"kind": "step", "n": 0}, "n: got 0, allowed is a whole number from 1"),
        ({"kind": "step", "n": 1.5}, "n: got 1.5, allowed is a whole number"),
        ({"kind": "set_lr"}, "lr: missing"),
        ({"kind": "set_lr", "lr": float("nan")}, "lr: got nan, allowed is a number from 1e-07"),
        ({"kind": "set_lr", "lr": -1}, "lr: got -1, allowed is a number from 1e-07 to 1000"),
        ({"kind": "set_lr", "lr": 1e9}, "lr: got 1000000000.0, allowed is a number"),
        (
            {"kind": "set_momentum", "momentum": 0},
            "momentum: got 0, allowed is a number above 0 to",
        ),
        ({"kind": "set_momentum", "momentum": 2}, "momentum: got 2, .* to 1, or cumulative"),
        ({"kind": "freeze"}, "frozen: missing"),
        ({"kind": "freeze", "frozen": 1}, "frozen: got 1, allowed is true or false"),
        ({"kind": "reset_statistics", "layer": 1}, "layer: no such field"),
        ({"kind": "pace", "steps_per_s": -1}, "steps_per_s: got -1, allowed is"),
        ({"kind": "pause", "now": True}, "now: no such field"),
        ({"kind": "watch", "quantities": ["everything"]}, "quantities: got 'everything'"),
        ({"kind": "explode"}, "command: got .*, allowed is pause, resume, step"),
        ("pause", "command: got 'pause', allowed is pause"),
        (None, "command: got None, allowed is pause"),
        ([], "command: got .*, allowed is pause"),
        ({"kind": {1, 2}}, "command: got .*, allowed is pause"),
    ],
    ids=repr,
)
def test_what_is_no_command_is_refused_and_told_what_is(document: Any, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        parse_command(document)


@given(JSON)
def test_nothing_but_a_spec_error_comes_of_any_document(document: Any) -> None:
    for kind in ("step", "set_lr", "pace", "watch", "unit", "evaluate"):
        for parse in (parse_command, parse_query):
            with pytest.raises(SpecError):
                parse({"kind": kind, "other": document})
            with pytest.raises(SpecError):
                parse(document)


def test_a_pace_is_a_finite_number_from_zero() -> None:
    assert check_pace(0) == 0.0
    for pace in (-1.0, float("nan"), float("inf"), 1e7):
        with pytest.raises(SpecError, match="pace: got"):
            check_pace(pace)


@given(st.dictionaries(st.text(), st.integers() | st.text()), st.binary())
def test_a_message_survives_its_binary_form(meta: dict[str, Any], payload: bytes) -> None:
    assert decode(encode(meta, payload)) == (meta, payload)


def test_a_torn_message_is_refused() -> None:
    with pytest.raises(ValueError, match="torn"):
        decode(encode({"op": "frame"})[:8])
