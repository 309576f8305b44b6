"""The verdicts that the release ships: measured by `make claims`, kept in released.json."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from bnlab.claims import claims
from bnlab.claims.claim import Claim, Headline, Verdict
from bnlab.claims.findings import Finding
from bnlab.claims.protocol import protocol
from bnlab.spec.fields import Frozen
from bnlab.spec.member import parse

RELEASED = Path(__file__).with_name("released.json")


class ReleasedCondition(Frozen):
    """What was found for one condition; None where there is no number."""

    condition: str
    effect: float | None
    low: float | None
    high: float | None
    n: int
    never_first: int
    never_second: int
    left_out: int
    verdict: Verdict | None
    notes: tuple[str, ...] = ()


class Released(Frozen):
    """One claim as the release measured it, with its default seeds."""

    claim: int
    protocol: str  # how it was tested then, see `bnlab.claims.protocol`
    headline: Headline | None
    seeds: int
    seconds: float
    machine: str
    started_at: float  # seconds since 1970
    versions: Mapping[str, str]
    conditions: tuple[ReleasedCondition, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The same as a run on this machine would give them."""
        return tuple(
            Finding(
                condition=one.condition,
                effect=_number(one.effect),
                low=_number(one.low),
                high=_number(one.high),
                n=one.n,
                never_first=one.never_first,
                never_second=one.never_second,
                verdict=one.verdict,
                notes=one.notes,
                left_out=one.left_out,
            )
            for one in self.conditions
        )

    @property
    def where(self) -> str:
        """When and where it was measured, with how many seeds, and how long it took."""
        date = time.strftime("%Y-%m-%d", time.gmtime(self.started_at))
        return (
            f"Measured for release {self.versions['BN Lab']} on {date}, on {self.machine}, "
            f"{self.seeds} seeds, {self.seconds:.0f} s."
        )


def all_released(path: Path = RELEASED) -> dict[str, Released]:
    """What the file holds, by name of the claim, even where the protocol has changed since."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return {name: parse(Released, entry) for name, entry in document["claims"].items()}


@cache
def released() -> dict[str, Released]:
    """The released verdicts by name of the claim.

    A verdict found by a different protocol than the claim has now is left out.
    """
    known = claims()
    return {
        name: one
        for name, one in all_released().items()
        if name in known and one.protocol == protocol(known[name])
    }


def is_as_released(claim: Claim, findings: Sequence[Finding]) -> bool:
    """Whether each condition except controls has the released verdict; True without a release."""
    found = all_released().get(claim.name)
    if found is None:
        return True
    counted = [one.name for one in claim.conditions if not one.is_control]
    theirs = {one.condition: one.verdict for one in found.findings}
    ours = {one.condition: one.verdict for one in findings}
    return all(ours.get(name) == theirs.get(name) for name in counted)


def _number(value: float | None) -> float:
    return math.nan if value is None else value
