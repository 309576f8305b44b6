"""What can be asked of a run between its steps, as plain data with a JSON form."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from bnlab.fields import SpecError
from bnlab.spec import Frozen, VariantName


class QueryError(ValueError):
    """The question does not fit the run; the message says what would."""


class Evaluate(Frozen):
    """Loss and accuracy of every member on one part of its data.

    Answer: loss (M,) and accuracy (M,) float32, members in the experiment's order.
    """

    kind: Literal["evaluate"] = "evaluate"
    part: Literal["validation", "test"] = "validation"
    mode: Literal["eval", "train"] = "eval"


class Unit(Frozen):
    """One unit of a hidden layer, seen by its probe batch in training mode.

    Answer, all float32: pre_activation, normalized and activation (N,), and mean and var () of
    the pre-activation over the batch (biased).
    """

    kind: Literal["unit"] = "unit"
    variant: VariantName
    layer: int = Field(ge=0)
    unit: int = Field(ge=0)


Query = Evaluate | Unit

_QUERIES: TypeAdapter[Query] = TypeAdapter(Annotated[Query, Field(discriminator="kind")])


def parse_query(document: Any) -> Query:
    """Read a query from plain data; raises SpecError with one sentence."""
    try:
        return _QUERIES.validate_json(json.dumps(document))
    except (ValueError, TypeError):
        got = repr(document)
        raise SpecError(
            f"query: got {got if len(got) <= 80 else got[:79] + '…'}, allowed is evaluate (part: "
            "validation or test; mode: eval or train) or unit (variant, layer, unit)."
        ) from None
