"""Messages of viewers: an object with exactly one thing in it, or a sentence why it is none."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from bnlab.spec.fields import Frozen, SpecError

M = TypeVar("M", bound=Frozen)


def read_one(kind: type[M], text: str, forms: str) -> M:
    """Read a message.

    Args:
        kind: its fields, all of which may be missing; exactly one must be there.
        text: as it came.
        forms: the names of the fields, in words.

    Raises:
        SpecError: one sentence for what is wrong with it.
    """
    try:
        message = kind.model_validate_json(text)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"]) or "message"
        raise SpecError(
            f"{place[:60]}: {problem['msg']}; a message must be an object with {forms}."
        ) from None
    given = [name for name in kind.model_fields if getattr(message, name) is not None]
    if len(given) != 1:
        raise SpecError(f"A message must be an object with exactly one of {forms}.")
    return message
