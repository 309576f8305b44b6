"""Measurements of claims, run to their end as a worker does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bnlab.fleet.measurements import MEASUREMENTS
from bnlab.results.frames import Array
from bnlab.spec.member import MemberSpec


def measured(name: str, specs: Sequence[MemberSpec], **settings: Any) -> dict[str, Array]:
    """What a measurement returns of the networks of one seed."""
    measuring = MEASUREMENTS[name](specs, **settings)
    while True:
        try:
            next(measuring)
        except StopIteration as end:
            return end.value
