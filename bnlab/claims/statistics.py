"""Paired comparisons over seeds: effect, 95 % interval and verdict (workers only: scipy).

Each seed is one pair of numbers: the first arm and the second had the same data, the same first
weights and the same minibatches. d is the difference of a pair on the scale on which it is
compared: a difference, or the logarithm of a ratio. n is the number of pairs that are compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from bnlab.claims.claim import Direction, Scale, Statistic, Verdict
from bnlab.claims.effects import effects
from bnlab.claims.evidence import Pairs
from bnlab.claims.findings import FEWEST_PAIRS
from bnlab.claims.judging import VERDICTS, Comparison
from bnlab.results.frames import Array

CONFIDENCE = 0.95
RESAMPLES = 9999

Interval = tuple[float, float, float]  # effect, low, high


class Judged(NamedTuple):
    """What a comparison found, in its unit; see `bnlab.claims.findings.Finding`."""

    effect: float
    low: float
    high: float
    n: int
    never_first: int
    never_second: int
    left_out: int
    verdict: Verdict | None


def judgements(*, conditions: Sequence[Comparison]) -> dict[str, Array]:
    """See `bnlab.lab.workers.protocol.queries.Judge`."""
    judged = [_judged(comparison) for comparison in conditions]
    effect, low, high, n, never_first, never_second, left_out, verdicts = zip(*judged, strict=True)
    codes = [-1 if verdict is None else VERDICTS.index(verdict) for verdict in verdicts]
    counts = {
        "n": n,
        "never_first": never_first,
        "never_second": never_second,
        "left_out": left_out,
        "verdict": codes,
    }
    numbers = {"effect": effect, "low": low, "high": high}
    return {name: np.array(values, np.float64) for name, values in numbers.items()} | {
        name: np.array(values, np.int32) for name, values in counts.items()
    }


def judge(
    first: Array,
    second: Array,
    *,
    never_first: Array,
    never_second: Array,
    limit: float | None,
    scale: Scale,
    smallest: float,
    direction: Direction,
    statistic: Statistic = "mean",
) -> Judged:
    """Compare two numbers of each seed.

    A run that never reached its target enters as `limit`, so that an effect is not larger than
    the true one. Nothing can be said of a pair in which neither reached it, or whose ratio has
    no logarithm: such a pair is left out, and counted.

    Args:
        first: (S,) one number per seed; NaN: not measured, the pair does not count at all.
        second: (S,) as first.
        never_first: (S,) bool: measured, and its target was never reached.
        never_second: (S,) as never_first.
        limit: what stands for a number that was never reached; None: there is none.
        scale: how two numbers are compared, see `bnlab.claims.claim.Scale`.
        smallest: the smallest effect of interest; of a factor above 1.
        direction: what the statement says of the first against the second.
        statistic: what is made of all seeds, see `bnlab.claims.claim.Statistic`.
    """
    first, second = np.where(never_first, math.inf, first), np.where(never_second, math.inf, second)
    each = effects(Pairs(first, second, limit=math.inf if limit is None else limit), scale).values
    is_known = np.isfinite(each)
    differences = np.log(each[is_known]) if scale == "factor" else each[is_known]
    censored_first, censored_second = (
        int(np.isinf(arm[is_known]).sum()) for arm in (first, second)
    )
    is_measured = ~(np.isnan(first) | np.isnan(second))
    effect, low, high = interval(differences, statistic)
    verdict = None
    if len(differences) >= FEWEST_PAIRS:
        verdict = verdict_of(
            low,
            high,
            smallest=math.log(smallest) if scale == "factor" else smallest,
            direction=direction,
            is_open_below=censored_second > 0,
            is_open_above=censored_first > 0,
        )
    if scale == "factor":
        with np.errstate(over="ignore"):  # an interval of few pairs may end beyond all numbers
            effect, low, high = np.exp([effect, low, high]).tolist()
    left_out = int(is_measured.sum()) - len(differences)
    return Judged(
        effect, low, high, len(differences), censored_first, censored_second, left_out, verdict
    )


def interval(differences: Array, statistic: Statistic = "mean") -> Interval:
    """The effect and its 95 % interval over the seeds; NaN for what too few pairs cannot say.

    mean: d +- t s / sqrt(n), with the quantile t of Student's distribution at n - 1 degrees of
    freedom and the standard deviation s. median: percentile bootstrap, always with the same draws.
    range: the mean between the smallest and the largest.

    Args:
        differences: (n,) one a pair, on the scale of comparison.
        statistic: which.
    """
    n = len(differences)
    if n == 0:
        return math.nan, math.nan, math.nan
    effect = float(np.median(differences) if statistic == "median" else differences.mean())
    if n == 1:
        return effect, math.nan, math.nan
    smallest, largest = float(differences.min()), float(differences.max())
    if smallest == largest:
        return smallest, smallest, largest
    if statistic == "range":
        return effect, smallest, largest
    if statistic == "median":
        drawn = stats.bootstrap(
            (differences,),
            np.median,
            confidence_level=CONFIDENCE,
            n_resamples=RESAMPLES,
            method="percentile",
            rng=np.random.default_rng(0),
        ).confidence_interval
        return effect, float(drawn.low), float(drawn.high)
    quantile = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1))
    half = quantile * float(differences.std(ddof=1)) / math.sqrt(n)
    return effect, effect - half, effect + half


def verdict_of(
    low: float,
    high: float,
    *,
    smallest: float,
    direction: Direction,
    is_open_below: bool = False,
    is_open_above: bool = False,
) -> Verdict:
    """The rule of a verdict; see `bnlab.claims.claim.Condition`.

    Args:
        low: end of the interval, on the scale of comparison.
        high: the other end.
        smallest: the smallest effect of interest, on that scale.
        direction: what the statement says.
        is_open_below: the true effect may lie lower than the interval says, because the second
            never reached its target: nothing can be said that needs a lower end.
        is_open_above: the same above.
    """
    low = -math.inf if is_open_below else low
    high = math.inf if is_open_above else high
    is_above, is_below = low > smallest, high < -smallest
    is_between = low > -smallest and high < smallest
    if direction == "equal":
        if is_between:
            return "supported"
        return "contradicted" if is_above or is_below else "inconclusive"
    if is_between:
        return "no meaningful effect"
    if is_above or is_below:
        return "supported" if is_above == (direction == "more") else "contradicted"
    return "inconclusive"


def _judged(comparison: Comparison) -> Judged:
    numbers = (
        np.array([math.nan if one is None else one for one in arm], np.float64)
        for arm in (comparison.first, comparison.second)
    )
    return judge(
        *numbers,
        never_first=np.array(comparison.never_first, bool),
        never_second=np.array(comparison.never_second, bool),
        limit=comparison.limit,
        scale=comparison.scale,
        smallest=comparison.smallest,
        direction=comparison.direction,
        statistic=comparison.statistic,
    )
