"""Changes to the arithmetic during a run: part of its record, replayed with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Self

from pydantic import Field, model_serializer, model_validator

from bnlab.spec.fields import Frozen, refusal
from bnlab.spec.member import StatisticsMomentum


class Change(Frozen):
    """One change for all networks, from the next step on: exactly one of its fields is set.

    Changes of running statistics have no effect on networks without batch norm.
    """

    lr: float | None = Field(None, ge=1e-7, le=1000.0)
    momentum: StatisticsMomentum | None = None  # of the running statistics
    frozen: bool | None = None  # stop updating running statistics, or resume
    reset: Literal[True] | None = None  # running mean 0 and variance 1, torch's initial values

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        given = [name for name in Change.model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise refusal(
                "change",
                " and ".join(given) or "none",
                f"exactly one of {', '.join(Change.model_fields)}",
            )
        return self

    @model_serializer(mode="wrap")
    def _without_absent(self, serialize: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return {name: value for name, value in serialize(self).items() if value is not None}

    def at(self, step: int) -> Intervention:
        """This change, made after that many steps."""
        return Intervention(step=step, **{n: getattr(self, n) for n in Change.model_fields})


class Intervention(Change):
    """A change, and the number of steps taken before it was made."""

    step: int = Field(ge=0)
