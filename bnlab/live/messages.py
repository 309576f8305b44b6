"""Messages from viewers: objects with exactly one field."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import Field

from bnlab.spec.fields import Frozen, refusal
from bnlab.spec.member import parse_json

M = TypeVar("M", bound=Frozen)

Ack = Annotated[int | None, Field(json_schema_extra={"allowed": "the number of an update"})]
CommandDocument = Annotated[
    dict[str, Any] | None, Field(json_schema_extra={"allowed": "an object with a kind"})
]


def read_message(kind: type[M], text: str) -> M:
    """Read a message, which must have exactly one of its fields.

    Raises:
        SpecError: one sentence for what is wrong with it.
    """
    message = parse_json(kind, text)
    given = message.model_fields_set
    if len(given) != 1:
        forms = ", ".join(kind.model_fields)
        got = " and ".join(sorted(given)) or "none of them"
        raise refusal("A message", got, f"an object with exactly one of {forms}")
    return message
