"""The values of an axis as a user types them."""

from __future__ import annotations

from bnlab.results.sweeps.axes import AxisField, axis_field
from bnlab.spec.experiment import MAX_AXIS_VALUES, MIN_AXIS_VALUES
from bnlab.spec.fields import Scalar, SpecError, allowed, refusal, shown, value_at
from bnlab.spec.links import from_text
from bnlab.spec.member import MemberSpec

_COUNT = f"{MIN_AXIS_VALUES} to {MAX_AXIS_VALUES} values, with commas between"


def typed_values(path: str, text: str) -> tuple[Scalar, ...]:
    """The values of an axis from text, with commas or spaces between them.

    >>> typed_values("optimizer.lr", "0.5 0.02,, 3")
    (0.5, 0.02, 3.0)

    Args:
        path: the field that is the axis.
        text: what was typed.

    Raises:
        SpecError: no such axis, or one sentence with the field's title, what was typed and what is
            allowed.
    """
    field = axis_field(path)
    items = text.replace(",", " ").split()
    values = [_value(field, item) for item in items]
    if not MIN_AXIS_VALUES <= len(values) <= MAX_AXIS_VALUES:
        count = {0: "nothing", 1: "only 1 value"}.get(len(values), f"{len(values)} values")
        raise refusal(field.title, count, _COUNT)
    for value, item in zip(values, items, strict=True):
        if values.count(value) > 1:
            raise refusal(field.title, f"{shown(item)} twice", "a list of different values")
    return tuple(values)


def _value(field: AxisField, item: str) -> Scalar:
    try:
        # The second check refuses what is a number to Python but not to the field: nan, inf.
        return value_at(field.path, MemberSpec, from_text(field.path, item))
    except SpecError:
        raise refusal(field.title, shown(item), allowed(field.path, MemberSpec)) from None
