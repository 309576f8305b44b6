"""The difference of two variants at every place of a sweep, paired by seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bnlab.results.frames import Array
from bnlab.results.sweeps.maps import seed_values
from bnlab.results.sweeps.metrics import METRICS, MetricName
from bnlab.results.sweeps.table import Table
from bnlab.spec.experiment import Experiment

# Student's t: its 97.5 % quantile at 1, 2, … 19 degrees of freedom.
T_975 = (
    12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157,
    2.228139, 2.200985, 2.178813, 2.160369, 2.144787, 2.131450, 2.119905, 2.109816, 2.100922,
    2.093024,
)  # fmt: skip
_NORMAL_975 = 1.959964


@dataclass(frozen=True)
class Difference:
    """First variant minus second at every place (Y, X), as the mean over pairs with the same seed.

    The interval is the 95 % interval of that mean by Student's t. Ratios are compared by factors:
    their difference is that of their logarithms to base 10.
    """

    values: Array  # float64; inf or -inf where one of the two does not reach the target
    low: Array  # float64: ends of the interval; NaN with fewer than two pairs
    high: Array  # float64
    is_significant: Array  # bool: the interval excludes 0
    n: Array  # int: pairs with both numbers known


def difference(
    experiment: Experiment,
    table: Table,
    metric: MetricName,
    first: str,
    second: str,
    *,
    at: int | None = None,
) -> Difference:
    """A metric of the first variant minus that of the second, at every place.

        mean d ± t sqrt(var d / n),  d = first - second of one seed,  var with n - 1

    Variants with the same seed share data, initial weights and minibatches, so much of the
    randomness cancels. A pair is left out if one has diverged or is not known yet; for steps to
    the target, if neither reaches it. With one pair there is no interval and no significance.

    Args:
        experiment: a sweep with one or two axes.
        table: its numbers so far.
        metric: one of `METRICS`.
        first, second: variants.
        at: index of an evaluation; None: the newest of each cell.

    Source: Student 1908, "The probable error of a mean".
    """
    one = seed_values(experiment, table, metric, first, at=at)
    other = seed_values(experiment, table, metric, second, at=at)
    with np.errstate(invalid="ignore", divide="ignore"):
        if METRICS[metric].kind == "ratio":
            one, other = np.log10(one), np.log10(other)
        return _paired(one - other)  # inf - inf, never twice, is not a number


def t_975(freedom: int) -> float:
    """The 97.5 % quantile of Student's t.

    Above 19 degrees of freedom by its expansion around the normal distribution, to 0.0001.

    Source: Abramowitz & Stegun 1964, 26.7.5.
    """
    if freedom <= len(T_975):
        return T_975[freedom - 1]
    z = _NORMAL_975
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return sum(term / freedom**power for power, term in enumerate(terms))


def _paired(pairs: Array) -> Difference:
    """From pairs (Y, X, S), NaN where there is none."""
    is_pair = ~np.isnan(pairs)
    n = is_pair.sum(-1)
    known = np.where(is_pair, pairs, 0.0)
    mean = np.where(n > 0, known.sum(-1) / np.maximum(n, 1), np.nan)
    off = np.where(is_pair, pairs - mean[..., None], 0.0)
    spread = np.sqrt((off**2).sum(-1) / np.maximum(n - 1, 1))
    quantiles = np.array([np.nan, np.nan, *map(t_975, range(1, pairs.shape[-1]))])
    half = quantiles[n] * spread / np.sqrt(np.maximum(n, 1))
    has_interval = np.isfinite(half)
    low, high = (
        np.where(has_interval, mean - half, np.nan),
        np.where(has_interval, mean + half, np.nan),
    )
    return Difference(
        values=mean,
        low=low,
        high=high,
        is_significant=(low > 0) | (high < 0),
        n=n,
    )
