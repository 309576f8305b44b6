"""A change says one thing; its record is plain data that comes back."""

from __future__ import annotations

from typing import Any

import pytest

from bnlab.spec.fields import SpecError
from bnlab.spec.interventions import Change, Intervention
from bnlab.spec.member import parse

CHANGES = [
    Change(lr=0.5),
    Change(momentum=0.01),
    Change(momentum="cumulative"),
    Change(frozen=True),
    Change(frozen=False),
    Change(reset=True),
]


@pytest.mark.parametrize("change", CHANGES, ids=repr)
def test_an_intervention_comes_back_from_its_plain_form_which_names_only_what_changed(
    change: Change,
) -> None:
    made = change.at(7)
    document = made.model_dump()
    assert document == change.model_dump() | {"step": 7}
    assert len(document) == 2
    assert parse(Intervention, document) == made


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"step": 1}, "change must be exactly one of lr, momentum, frozen, reset (got none)."),
        ({"step": 1, "lr": 0.1, "reset": True}, "change must be exactly one"),
        ({"step": 1, "reset": False}, "reset must be "),
        ({"step": 1, "momentum": 0.0}, "momentum must be a number above 0 to 1"),
        ({"step": 1, "lr": 0.0}, "lr must be a number from 1e-07 to 1000"),
        ({"lr": 0.1}, "step: missing."),
    ],
    ids=repr,
)
def test_what_is_no_intervention_is_refused_with_a_sentence(
    document: dict[str, Any], message: str
) -> None:
    with pytest.raises(SpecError) as refused:
        parse(Intervention, document)
    assert str(refused.value).startswith(message)
