"""What is sent to a worker to be judged, and its answer as findings.

The statistics need scipy, which the web process does not load (`bnlab.claims.statistics`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self, get_args

import numpy as np
from pydantic import Field, model_validator

from bnlab.claims.claim import Claim, Condition, Direction, Scale, Statistic, Verdict
from bnlab.claims.evidence import Pairs
from bnlab.claims.findings import Finding
from bnlab.results.frames import Array
from bnlab.spec.fields import Frozen, refusal

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)  # a worker answers with places in it, -1: none

Numbers = tuple[float | None, ...]


class Comparison(Frozen):
    """The pairs of one condition and the rule of its verdict, as plain data.

    None stands for what was not measured (yet) or never reached.
    """

    first: Numbers = Field(max_length=1000)
    second: Numbers
    never_first: tuple[bool, ...]
    never_second: tuple[bool, ...]
    limit: float | None = None
    scale: Scale
    smallest: float = Field(ge=0.0)
    direction: Direction
    statistic: Statistic = "mean"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        lengths = {
            len(one) for one in (self.first, self.second, self.never_first, self.never_second)
        }
        if len(lengths) > 1:
            raise refusal("first", f"{len(self.first)} numbers", "as many as the others have")
        if self.limit is None and any((*self.never_first, *self.never_second)):
            raise refusal(
                "limit",
                "none",
                "the step of the last evaluation, because one run never reached the target",
            )
        if self.scale == "factor" and self.smallest < 1:
            raise refusal("smallest", self.smallest, "a factor of 1 or more")
        return self


def comparison(condition: Condition, pairs: Pairs) -> Comparison:
    """A condition with its pairs, to be judged.

    Raises:
        ValueError: a run never reached its target, and the pairs have no limit.
    """
    return Comparison(
        first=_numbers(pairs.first),
        second=_numbers(pairs.second),
        never_first=tuple(np.isinf(pairs.first).tolist()),
        never_second=tuple(np.isinf(pairs.second).tolist()),
        limit=float(pairs.limit) if np.isfinite(pairs.limit) else None,
        scale=condition.scale,
        smallest=condition.smallest,
        direction=condition.direction,
        statistic=condition.statistic,
    )


def comparisons(claim: Claim, pairs: Mapping[str, Pairs]) -> tuple[Comparison, ...]:
    """All conditions of a claim, each with the pairs under its name, to be judged.

    Raises:
        ValueError: as `comparison`.
    """
    return tuple(comparison(one, pairs[one.name]) for one in claim.conditions)


def findings(
    claim: Claim, pairs: Mapping[str, Pairs], answer: Mapping[str, Array]
) -> tuple[Finding, ...]:
    """What a worker found for each condition of the claim: its answer to a `queries.Judge`."""
    return tuple(
        _finding(condition, pairs[condition.name], answer, place)
        for place, condition in enumerate(claim.conditions)
    )


def _finding(
    condition: Condition, pairs: Pairs, answer: Mapping[str, Array], place: int
) -> Finding:
    code = int(answer["verdict"][place])
    return Finding(
        condition=condition.name,
        effect=float(answer["effect"][place]),
        low=float(answer["low"][place]),
        high=float(answer["high"][place]),
        n=int(answer["n"][place]),
        never_first=int(answer["never_first"][place]),
        never_second=int(answer["never_second"][place]),
        verdict=None if code < 0 else VERDICTS[code],
        notes=pairs.notes,
        left_out=int(answer["left_out"][place]),
    )


def _numbers(values: Array) -> Numbers:
    return tuple(float(one) if np.isfinite(one) else None for one in values)
