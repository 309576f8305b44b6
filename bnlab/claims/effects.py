"""The effect in each seed: two numbers compared, in the unit of their condition.

Axis letters: S seeds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bnlab.claims.claim import Scale
from bnlab.claims.evidence import Pairs
from bnlab.results.frames import Array


@dataclass(frozen=True)
class Effects:
    """How much more the first has than the second, seed by seed."""

    values: Array  # (S,) in the condition's unit; NaN: nothing to compare (yet)
    is_censored: Array  # (S,) bool: one of the two never reached its target


def effects(pairs: Pairs, scale: Scale) -> Effects:
    """The effect of each pair, as `bnlab.claims.statistics.judge` compares it.

    points    100 (first - second)
    factor    first / second
    octaves   log2(first / second)
    number    first - second

    A run that never reached its target counts as `pairs.limit`. If neither of a pair reached it,
    the effect is unknown.

    >>> effects(Pairs(np.array([20.0]), np.array([10.0])), "factor").values.tolist()
    [2.0]
    """
    arms = [np.asarray(numbers, np.float64) for numbers in (pairs.first, pairs.second)]
    never = [np.isinf(arm) for arm in arms]
    first, second = (
        np.where(gone, pairs.limit, arm) for arm, gone in zip(arms, never, strict=True)
    )
    is_known = np.isfinite(first) & np.isfinite(second) & ~(never[0] & never[1])
    if scale in ("factor", "octaves"):
        is_known &= (first > 0) & (second > 0)
    first, second = np.where(is_known, first, np.nan), np.where(is_known, second, np.nan)
    match scale:
        case "points":
            values = 100 * (first - second)
        case "factor":
            values = first / second
        case "octaves":
            values = np.log2(first / second)
        case "number":
            values = first - second
    return Effects(values, is_known & (never[0] | never[1]))


def thresholds(scale: Scale, smallest: float) -> tuple[float, float]:
    """The smallest effects of interest, on either side of no effect.

    >>> thresholds("factor", 1.25), thresholds("points", 1.0)
    ((0.8, 1.25), (-1.0, 1.0))
    """
    return (1 / smallest, smallest) if scale == "factor" else (-smallest, smallest)
