"""Commands and queries come as plain data; whatever is none is refused in a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlab.lab.workers.protocol.commands import (
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
from bnlab.lab.workers.protocol.messages import decode, encode
from bnlab.lab.workers.protocol.queries import (
    Activations,
    BatchDependence,
    Computation,
    Evaluate,
    Fold,
    LayerByTorch,
    Modes,
    Query,
    ShiftedInputs,
    Unit,
    parse_computation,
    parse_query,
)
from bnlab.spec.fields import SpecError

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
QUERIES: list[Query] = [
    Evaluate(part="test", mode="train"),
    Unit(variant="none", layer=1, unit=2),
    BatchDependence(variant="a b", example=3, batch_size=8, draws=5, seed=1, order="sorted"),
    Modes(variant="none", batch_sizes=(2, 64)),
    ShiftedInputs(variant="none", scales=(1.0, 2.0), shifts=(0.0, -1.0)),
    Fold(variant="none", batch_size=1),
]
COMPUTATIONS: list[Computation] = [
    LayerByTorch(x=((1.0, 2.0),), weight=(1.0, 1.0), bias=(0.0, 0.1), grad_y=((0.0, 0.3),)),
    Activations(examples=32, channels=8, size=8, seed=3),
]
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


@pytest.mark.parametrize("computation", COMPUTATIONS, ids=lambda computation: computation.kind)
def test_a_computation_survives_its_json_form(computation: Computation) -> None:
    assert parse_computation(json.loads(computation.model_dump_json())) == computation


_ASKED = {"kind": "companions", "variant": "a", "example": 0, "batch_size": 2, "draws": 1}
_TABLE = {"kind": "layer_by_torch", "x": [[1], [2]], "weight": [1], "bias": [0]}
_GRAD = [[0], [1]]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({**_ASKED, "draws": 201}, r"draws must be a whole number from 1 to 200 \(got 201\)."),
        ({**_ASKED, "order": "best"}, r"order must be one of shuffled, sorted \(got 'best'\)."),
        ({**_ASKED, "variant": "<b>"}, "variant must be the name of a variant"),
        ({"kind": "unit", "variant": "a", "layer": 64, "unit": 0}, "layer must be "),
        ({"kind": "modes", "variant": "a", "batch_sizes": []}, "must be 1 to 32 whole numbers"),
        ({"kind": "modes", "variant": "a", "batch_sizes": [0]}, "batch_sizes must be 1"),
        (
            {"kind": "changed", "variant": "a", "scales": [1, 2], "shifts": [0]},
            r"shifts must be one for each of the 2 scales \(got 1 of them\).",
        ),
        ({"kind": "fold", "variant": "a", "repeats": 0}, "repeats must be "),
        ({"kind": "guess"}, "query must be evaluate"),
        ({**_TABLE, "grad_y": [[0]]}, "grad_y must be 2 rows of 1"),
        ({**_TABLE, "grad_y": [[0], [1, 2]]}, r"grad_y must be .*\(got 2 rows of 1 or 2 numbers"),
        ({**_TABLE, "grad_y": _GRAD, "bias": [0, 0]}, "bias must be 1, one per"),
        ({**_TABLE, "grad_y": _GRAD, "x": [[1e400]]}, "x must be 1 to 1024 rows"),
        ({**_TABLE, "grad_y": _GRAD, "eps": -1}, "eps must be a number from 0"),
        (
            {"kind": "activations", "examples": 33, "channels": 1, "size": 1},
            r"\(got 33\)",
        ),
    ],
    ids=repr,
)
def test_what_cannot_be_asked_is_refused_and_told_what_can(document: Any, words: str) -> None:
    without_a_run = ("layer_by_torch", "activations")
    read = parse_computation if document["kind"] in without_a_run else parse_query
    with pytest.raises(SpecError, match=words):
        read(document)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"kind": "step", "n": 0}, "n must be a whole number from 1"),
        ({"kind": "step", "n": 1.5}, "n must be a whole number"),
        ({"kind": "set_lr"}, "lr: missing"),
        ({"kind": "set_lr", "lr": float("nan")}, "lr must be a number from 1e-07"),
        ({"kind": "set_lr", "lr": -1}, "lr must be a number from 1e-07 to 1000"),
        ({"kind": "set_lr", "lr": 1e9}, "lr must be a number"),
        (
            {"kind": "set_momentum", "momentum": 0},
            "momentum must be a number above 0 to",
        ),
        (
            {"kind": "set_momentum", "momentum": 2},
            r"to 1, or cumulative \(got 2",
        ),
        ({"kind": "freeze"}, "frozen: missing"),
        ({"kind": "freeze", "frozen": 1}, "frozen must be true or false"),
        ({"kind": "reset_statistics", "layer": 1}, "layer is not a field"),
        ({"kind": "pace", "steps_per_s": -1}, "steps_per_s must be "),
        ({"kind": "pause", "now": True}, "now is not a field"),
        (
            {"kind": "watch", "quantities": ["everything"]},
            r"\(got 'everything'",
        ),
        ({"kind": "explode"}, "command must be pause, resume, step"),
        ("pause", "command must be pause"),
        (None, "command must be pause"),
        ([], "command must be pause"),
        ({"kind": {1, 2}}, "command must be pause"),
    ],
    ids=repr,
)
def test_what_is_no_command_is_refused_and_told_what_is(document: Any, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        parse_command(document)


@given(JSON)
def test_nothing_but_a_spec_error_comes_of_any_document(document: Any) -> None:
    for kind in ("step", "set_lr", "pace", "watch", "unit", "evaluate", "fold", "activations"):
        for parse in (parse_command, parse_query, parse_computation):
            with pytest.raises(SpecError):
                parse({"kind": kind, "other": document})
            with pytest.raises(SpecError):
                parse(document)


def test_a_pace_is_a_finite_number_from_zero() -> None:
    assert check_pace(0) == 0.0
    for pace in (-1.0, float("nan"), float("inf"), 1e7):
        with pytest.raises(SpecError, match="pace must be 0"):
            check_pace(pace)


@given(st.dictionaries(st.text(), st.integers() | st.text()), st.binary())
def test_a_message_survives_its_binary_form(meta: dict[str, Any], payload: bytes) -> None:
    assert decode(encode(meta, payload)) == (meta, payload)


def test_a_torn_message_is_refused() -> None:
    with pytest.raises(ValueError, match="incomplete"):
        decode(encode({"op": "frame"})[:8])
