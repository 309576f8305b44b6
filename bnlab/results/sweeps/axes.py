"""The axes of a sweep: which fields can be an axis, and values spread over a range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from bnlab.spec.experiment import MAX_AXIS_VALUES, MIN_AXIS_VALUES, NOT_AN_AXIS
from bnlab.spec.fields import (
    Scalar,
    SpecError,
    bounds_of,
    choices_of,
    field_at,
    flatten,
    refusal,
    value_at,
)
from bnlab.spec.member import MemberSpec

Scale = Literal["log", "linear"]
End = Literal["low", "high"]

DIGITS = 3  # significant digits of a spread value: few, for short links
_LOG_FROM = 30.0  # a field whose limits differ by this factor is spread by factors
# Fields that may be 0, but whose other values are still spread by factors.
_LOG_ALTHOUGH_0 = ("optimizer.weight_decay",)

# The range that an axis starts with; for other fields, their limits.
_USUAL: dict[str, tuple[float, float]] = {
    "data.train_size": (100, 1000),
    "data.noise": (0, 0.5),
    "data.wrong_labels": (0, 0.5),
    "network.depth": (1, 16),
    "network.width": (4, 128),
    "network.init_std": (0.01, 1),
    "network.gain": (0.1, 10),
    "network.dropout": (0, 0.8),
    "norm.eps": (1e-8, 1),
    "norm.momentum": (0.01, 1),
    "norm.groups": (1, 16),
    "optimizer.lr": (0.001, 10),
    "optimizer.momentum": (0, 0.95),
    "optimizer.weight_decay": (1e-5, 0.1),
    "batch_size": (2, 256),
    "steps": (50, 800),
}


@dataclass(frozen=True)
class AxisField:
    """A field that can be an axis: its name, and what it may hold."""

    path: str
    title: str
    description: str
    is_number: bool
    is_whole: bool  # of numbers: whether only whole numbers are allowed
    choices: tuple[Scalar, ...]  # words or booleans it may hold, also besides numbers ("all")
    low: float  # of numbers: the limits; NaN for others
    high: float
    usual: tuple[float, float]  # of numbers: the range to start with; NaN for others
    is_log_by_default: bool


@cache
def sweepable() -> tuple[AxisField, ...]:
    """Every field that can be an axis, in the order of the spec."""
    return tuple(_axis_field(path) for path in flatten(MemberSpec()) if path not in NOT_AN_AXIS)


def axis_field(path: str) -> AxisField:
    """The field at a path as an axis.

    Raises:
        SpecError: no such field, or one that cannot be an axis.
    """
    field_at(path, MemberSpec)
    for field in sweepable():
        if field.path == path:
            return field
    raise SpecError(f"axes.{path}: this field cannot be an axis.")


def spread(
    path: str, low: float, high: float, n: int, *, scale: Scale = "log"
) -> tuple[int | float, ...]:
    """Values from low to high at equal distances, or at equal factors.

    Each is rounded to three digits, or to a whole number for fields that hold whole numbers.

    >>> spread("optimizer.lr", 0.001, 1, 4)
    (0.001, 0.01, 0.1, 1.0)
    >>> spread("network.depth", 1, 9, 5, scale="linear")
    (1, 3, 5, 7, 9)

    Args:
        path: a number field.
        low, high: the first and the last value.
        n: how many.
        scale: log for equal factors, linear for equal distances.

    Raises:
        SpecError: not a number field, an impossible range or number of values, a value outside the
            field's limits, or values that are equal once rounded.
    """
    field = axis_field(path)
    _check(field, low, high, n, scale=scale)
    if scale == "log":
        exact = [low * (high / low) ** (i / (n - 1)) for i in range(n)]
    else:
        exact = [low + (high - low) * i / (n - 1) for i in range(n)]
    values = tuple(_rounded(value, is_whole=field.is_whole) for value in exact)
    for value in values:
        value_at(path, MemberSpec, value)
    if len(set(values)) < n:
        raise refusal(
            f"axes.{path}",
            f"{n} values from {low:g} to {high:g}, which repeat when rounded",
            f"at most {len(set(values))} here, or a wider range",
        )
    return values


def extended(values: Sequence[int | float], *, end: End) -> tuple[int | float, ...]:
    """The values of an axis and one more beyond its lowest or its highest.

    It continues by the factor between the last two values if factors are more equal than
    distances, otherwise by their distance. The experiment checks whether the field may hold it.

    >>> extended((0.01, 0.1, 1.0), end="high")
    (0.01, 0.1, 1.0, 10.0)
    >>> extended((2, 4, 6), end="low")
    (0, 2, 4, 6)

    Raises:
        SpecError: fewer than two values, or the next one is equal once rounded.
    """
    if len(values) < MIN_AXIS_VALUES:
        raise refusal("values", len(values), f"{MIN_AXIS_VALUES} or more")
    ordered = sorted(values, reverse=end == "low")
    before, last = ordered[-2:]
    beyond = last * last / before if is_geometric(ordered) else 2 * last - before
    more = _rounded(beyond, is_whole=all(isinstance(value, int) for value in values))
    if more in values:
        raise refusal(
            "values", f"{last} at the end", "a value that differs from the next when rounded"
        )
    goes_down = values[0] > values[-1]
    return (*values, more) if (end == "high") != goes_down else (more, *values)


def _check(field: AxisField, low: float, high: float, n: int, *, scale: Scale) -> None:
    where = f"axes.{field.path}"
    if not field.is_number:
        raise SpecError(f"{where} is not a number: list its values instead of a range.")
    if not MIN_AXIS_VALUES <= n <= MAX_AXIS_VALUES:
        raise refusal(where, n, f"{MIN_AXIS_VALUES} to {MAX_AXIS_VALUES} values")
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise refusal(where, f"{low:g} to {high:g}", "a range from a number to a higher one")
    if scale == "log" and low <= 0:
        raise refusal(where, f"{low:g} to {high:g} by equal factors", "a range above 0")


def _axis_field(path: str) -> AxisField:
    field = field_at(path, MemberSpec)
    bounds = bounds_of(path, MemberSpec)
    low, high = (math.nan, math.nan) if bounds is None else (bounds.low, bounds.high)
    choices = choices_of(path, MemberSpec) or ((False, True) if field.annotation is bool else ())
    is_wide = low > 0 and high / low >= _LOG_FROM
    is_open = bounds is not None and bounds.excludes_low and low == 0
    return AxisField(
        path=path,
        title=field.title or path,
        description=field.description or "",
        is_number=bounds is not None,
        is_whole=bounds is not None and bounds.is_whole,
        choices=choices,
        low=low,
        high=high,
        usual=_USUAL.get(path, (low or high / 1000 if is_open else low, high)),
        is_log_by_default=is_wide or is_open or path in _LOG_ALTHOUGH_0,
    )


def _rounded(value: float, *, is_whole: bool) -> int | float:
    return round(value) if is_whole else float(f"{value:.{DIGITS}g}")


def is_geometric(ordered: Sequence[float]) -> bool:
    """Whether the factors between ordered numbers are more equal than their distances."""
    if min(ordered) <= 0 or len(ordered) == MIN_AXIS_VALUES:
        return min(ordered) > 0

    def unevenness(places: list[float]) -> float:
        n = len(places) - 1
        even = [places[0] + (places[-1] - places[0]) * i / n for i in range(n + 1)]
        gap = max(abs(place - at) for place, at in zip(places, even, strict=True))
        return gap / abs(places[-1] - places[0])

    factors = unevenness([math.log(value) for value in ordered])
    return factors <= unevenness([float(value) for value in ordered])
