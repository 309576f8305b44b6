"""Values of an axis that a person typed are read, or refused in the words of the page."""

from __future__ import annotations

import pytest

from bnlab.results.sweeps.axes import axis_field, sweepable
from bnlab.results.sweeps.typed import typed_values
from bnlab.spec.fields import SpecError


@pytest.mark.parametrize(
    ("path", "text", "values"),
    [
        ("optimizer.lr", "0.5 0.02,, 3", (0.5, 0.02, 3.0)),
        ("network.depth", "1,2,\n3", (1, 2, 3)),
        ("norm.momentum", "0.1, cumulative", (0.1, "cumulative")),
        ("network.activation", "tanh relu", ("tanh", "relu")),
        ("network.skips", "true,false", (True, False)),
    ],
)
def test_typed_values_are_those_of_the_field(
    path: str, text: str, values: tuple[object, ...]
) -> None:
    read = typed_values(path, text)
    assert read == values
    assert [type(value) for value in read] == [type(value) for value in values]


_LR = "a number from 1e-07 to 1000"
_COUNT = "2 to 25 values, with commas between"


@pytest.mark.parametrize(
    ("text", "got", "allowed"),
    [
        ("0.1, nan", "'nan'", _LR),
        ("0.1, inf", "'inf'", _LR),
        ("1e400, 1", "'1e400'", _LR),
        ("-1, 2", "'-1'", _LR),
        ("0.1, much", "'much'", _LR),
        ("", "nothing", _COUNT),
        (" , ", "nothing", _COUNT),
        ("0.5", "only 1 value", _COUNT),
        (" ".join(map(str, range(1, 27))), "26 values", _COUNT),
        ("0.5, 0.50", "'0.5' twice", "a list of different values"),
    ],
)
def test_what_cannot_be_is_refused_with_one_sentence(text: str, got: str, allowed: str) -> None:
    with pytest.raises(SpecError) as refusal:
        typed_values("optimizer.lr", text)
    assert str(refusal.value) == f"Learning rate must be {allowed} (got {got})."


@pytest.mark.parametrize("path", [field.path for field in sweepable() if field.is_number])
def test_a_sentence_calls_a_field_by_its_title(path: str) -> None:
    with pytest.raises(SpecError) as refusal:
        typed_values(path, "nan, inf")
    assert str(refusal.value).startswith(f"{axis_field(path).title} must be ")
