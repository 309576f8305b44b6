"""Paired comparisons: held against scipy, by laws, and on simulated seeds whose truth is known."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

from bnlab.claims import claim
from bnlab.claims.claim import Direction, Scale, Statistic, Verdict
from bnlab.claims.evidence import Pairs
from bnlab.claims.findings import FEWEST_PAIRS, Finding
from bnlab.claims.judging import VERDICTS, Comparison, comparisons, findings
from bnlab.claims.statistics import CONFIDENCE, Judged, interval, judge, verdict_of
from bnlab.lab.workers.inside.answers import compute
from bnlab.lab.workers.protocol.queries import Judge, parse_computation
from bnlab.results.frames import Array

SIMULATIONS = 2500
MIRRORED: dict[Direction, Direction] = {"more": "less", "less": "more", "equal": "equal"}


def judged(
    first: object,
    second: object,
    *,
    limit: float | None = None,
    scale: Scale = "number",
    smallest: float = 1.0,
    direction: Direction = "more",
    statistic: Statistic = "mean",
) -> Judged:
    """As `judge`; inf: never reached."""
    a, b = np.array(first, np.float64), np.array(second, np.float64)
    return judge(
        a,
        b,
        never_first=np.isinf(a),
        never_second=np.isinf(b),
        limit=limit,
        scale=scale,
        smallest=smallest,
        direction=direction,
        statistic=statistic,
    )


numbers = st.floats(1.0, 1e4, allow_subnormal=False)
pairs = st.lists(st.tuples(numbers, numbers), min_size=2, max_size=20)
scales = st.sampled_from(get_args(Scale))
statistics = st.sampled_from(get_args(Statistic))
directions = st.sampled_from(get_args(Direction))


# --- against scipy -------------------------------------------------------------------------------


@given(pairs)
def test_the_interval_of_a_mean_is_that_of_scipys_paired_t_test(both: list[tuple]) -> None:
    first, second = np.array(both).T
    assume(np.ptp(first - second) > 1e-3 * np.abs(first - second).max())
    truth = stats.ttest_rel(first, second).confidence_interval(CONFIDENCE)
    found = judged(first, second)
    assert found.effect == pytest.approx(np.mean(first - second))
    assert (found.low, found.high) == pytest.approx((truth.low, truth.high), rel=1e-6, abs=1e-9)


def test_the_interval_of_a_factor_is_that_of_the_logarithms() -> None:
    rng = np.random.default_rng(0)
    first, second = np.exp(rng.normal(1, 0.3, 12)), np.exp(rng.normal(0, 0.3, 12))
    truth = stats.ttest_rel(np.log(first), np.log(second)).confidence_interval(CONFIDENCE)
    found = judged(first, second, scale="factor", smallest=1.25)
    assert (found.low, found.high) == pytest.approx((math.exp(truth.low), math.exp(truth.high)))
    assert found.effect == pytest.approx(stats.gmean(first / second))
    octaves = judged(first, second, scale="octaves")
    assert [2**octaves.low, 2**octaves.high] == pytest.approx([found.low, found.high])


def test_the_interval_of_a_median_is_scipys_bootstrap() -> None:
    differences = np.random.default_rng(1).exponential(size=15)
    truth = stats.bootstrap(
        (differences,),
        np.median,
        n_resamples=9999,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    assert interval(differences, "median") == (np.median(differences), truth.low, truth.high)


def test_the_range_goes_from_the_smallest_to_the_largest() -> None:
    found = judged([3, 1, 5, 4, 2], [0] * 5, statistic="range")
    assert found[:3] == (3.0, 1.0, 5.0)
    assert found.verdict == "inconclusive"  # 1 is not beyond 1
    assert judged([3, 1.1, 5, 4, 2], [0] * 5, statistic="range").verdict == "supported"


# --- few, equal and missing pairs ----------------------------------------------------------------


@pytest.mark.parametrize("statistic", get_args(Statistic))
def test_too_few_pairs_say_less(statistic: Statistic) -> None:
    nothing = judged([], [], statistic=statistic)
    assert np.isnan(nothing[:3]).all()
    assert (nothing.n, nothing.verdict) == (0, None)
    one = judged([3.0], [1.0], statistic=statistic)
    assert one.effect == 2.0
    assert np.isnan([one.low, one.high]).all()
    four = judged([9.0] * 4, [1.0] * 4, statistic=statistic)
    assert (four.low, four.n, four.verdict) == (8.0, FEWEST_PAIRS - 1, None)


@given(value=st.floats(-50, 50), n=st.integers(2, 20), statistic=statistics)
def test_equal_differences_are_an_interval_without_width(
    value: float, n: int, statistic: Statistic
) -> None:
    assert interval(np.full(n, value), statistic) == (value, value, value)


@given(pairs, st.integers(1, 5), st.booleans(), scales, statistics)
def test_what_is_not_measured_yet_changes_nothing(
    both: list[tuple], missing: int, of_first: bool, scale: Scale, statistic: Statistic
) -> None:
    first, second = (list(arm) for arm in zip(*both, strict=True))
    settings = {"scale": scale, "smallest": 1.25, "statistic": statistic}
    gaps, ones = [math.nan] * missing, [1.0] * missing
    begun = (gaps, ones) if of_first else (ones, gaps)
    waiting = judged(first + begun[0], second + begun[1], **settings)
    assert waiting == judged(first, second, **settings)


# --- laws ----------------------------------------------------------------------------------------


@given(pairs, scales, statistics, directions)
def test_swapping_the_arms_mirrors_the_finding(
    both: list[tuple], scale: Scale, statistic: Statistic, direction: Direction
) -> None:
    first, second = np.array(both).T
    settings = {"scale": scale, "smallest": 1.25, "statistic": statistic}
    one = judged(first, second, direction=direction, **settings)
    other = judged(second, first, direction=MIRRORED[direction], **settings)
    mirror = (lambda x: 1 / x) if scale == "factor" else (lambda x: -x)
    assert other.effect == pytest.approx(mirror(one.effect), rel=1e-9, abs=1e-9)
    # The draws of a bootstrap are the same for both, its percentiles mirror but for a rank.
    if statistic != "median":
        ends = (mirror(one.high), mirror(one.low))
        assert (other.low, other.high) == pytest.approx(ends, rel=1e-9, abs=1e-9)
        assert other.verdict == one.verdict


@given(pairs, st.floats(0.01, 100.0), statistics, st.sampled_from(["factor", "octaves"]))
def test_a_ratio_has_no_unit(
    both: list[tuple], unit: float, statistic: Statistic, scale: Scale
) -> None:
    first, second = np.array(both).T
    settings = {"scale": scale, "smallest": 1.25, "statistic": statistic}
    one, other = (judged(u * first, u * second, **settings) for u in (1.0, unit))
    assert other[:3] == pytest.approx(one[:3], rel=1e-9, abs=1e-9)


@given(pairs, st.integers(0, 19))
def test_an_effect_with_censored_runs_is_never_larger_than_the_truth(
    both: list[tuple], gone: int
) -> None:
    """The first is what may come too late: the truth has the step at which it came."""
    truth, second = np.array(both).T
    limit = float(second.max())  # who gets there, does so before the end
    truth = np.where(np.arange(len(truth)) == gone, limit + truth, np.minimum(truth, limit))
    seen = np.where(truth > limit, np.inf, truth)
    settings = {"scale": "factor", "smallest": 1.25}
    censored, uncensored = (
        judged(first, second, limit=limit, **settings) for first in (seen, truth)
    )
    assert censored.effect <= uncensored.effect * (1 + 1e-12)
    assert censored.never_first == (gone < len(truth))


@given(both=pairs, smallest=st.floats(0.0, 5.0), direction=directions)
def test_a_verdict_is_the_rule_on_the_interval(
    both: list[tuple], smallest: float, direction: Direction
) -> None:
    first, second = np.array(both).T
    found = judged(first, second, smallest=smallest, direction=direction)
    if found.n < FEWEST_PAIRS:
        assert found.verdict is None
        return
    towards = found.low > smallest, found.high < -smallest
    is_there, is_opposite = towards[::-1] if direction == "less" else towards
    is_between = -smallest < found.low and found.high < smallest
    if direction == "equal":
        truth = {"supported": is_between, "contradicted": any(towards)}
    else:
        truth = {
            "supported": is_there,
            "contradicted": is_opposite,
            "no meaningful effect": is_between,
        }
    [said] = [name for name, holds in truth.items() if holds] or ["inconclusive"]
    assert found.verdict == said


# --- runs that never reach their target ----------------------------------------------------------


def test_a_run_that_never_gets_there_enters_as_the_last_step_and_is_counted() -> None:
    found = judged(
        [10.0, 20.0, 10.0, 20.0, 10.0, 10.0],
        [100.0, np.inf, 100.0, np.inf, 50.0, 60.0],
        limit=200.0,
        scale="factor",
        smallest=1.25,
        direction="less",
    )
    assert (found.n, found.never_first, found.never_second, found.left_out) == (6, 0, 2, 0)
    assert found.effect == pytest.approx(stats.gmean([0.1, 0.1, 0.1, 0.1, 0.2, 1 / 6]))
    assert found.verdict == "supported"


def test_a_pair_in_which_neither_gets_there_says_nothing_and_is_counted() -> None:
    one = judged([10.0, np.inf, 12.0], [20.0, np.inf, 30.0], limit=200.0, scale="factor")
    other = judged([10.0, 12.0], [20.0, 30.0], scale="factor")
    assert one[:6] == other[:6]
    assert (one.left_out, other.left_out) == (1, 0)
    none = judged([np.inf] * 8, [np.inf] * 8, limit=200.0, scale="factor")
    assert (none.n, none.left_out, none.verdict) == (0, 8, None)


def test_a_ratio_with_0_says_nothing_and_is_counted() -> None:
    found = judged([0.0, 2.0, 4.0], [1.0, 1.0, 0.0], scale="octaves")
    assert (found.effect, found.n, found.left_out) == (1.0, 1, 2)


def test_an_interval_of_factors_may_end_beyond_all_numbers() -> None:
    found = judged([1e-60, 1e60], [1.0, 1.0], scale="factor")
    assert found[:4] == (pytest.approx(1.0), 0.0, math.inf, 2)


def test_no_verdict_needs_the_end_of_an_interval_that_censored_runs_leave_open() -> None:
    """All got there at nearly the same step, but one never: nobody knows how late it is."""
    near = [100.0, 101.0, 99.0, 100.0, 102.0, 100.0]
    settings = {"limit": 102.0, "scale": "factor", "smallest": 1.25}
    gone = [*near[:-1], np.inf]
    assert judged(near, near[::-1], **settings).verdict == "no meaningful effect"
    assert judged(gone, near, **settings).verdict == "inconclusive"
    assert judged(near, gone, **settings).verdict == "inconclusive"
    assert judged(gone, near, direction="equal", **settings).verdict == "inconclusive"
    assert verdict_of(-3, -2, smallest=1, direction="more", is_open_above=True) == "inconclusive"
    assert verdict_of(2, 3, smallest=1, direction="more", is_open_above=True) == "supported"


# --- simulated seeds -----------------------------------------------------------------------------


def simulated(effect: float, *, sd: float, n: int, runs: int = SIMULATIONS, seed: int = 0) -> Array:
    """Differences (runs, n): the arms share what a seed brings, the rest is their own."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(0.0, 5.0, (runs, n))
    first = effect + shared + rng.normal(0.0, sd / math.sqrt(2), (runs, n))
    return np.asarray(first - (shared + rng.normal(0.0, sd / math.sqrt(2), (runs, n))))


@pytest.mark.parametrize("n", [8, 12, 16])
@pytest.mark.parametrize("effect", [0.0, 1.0, 3.0])
def test_the_95_percent_interval_covers_the_truth_in_93_to_97_of_100(n: int, effect: float) -> None:
    ends = [interval(one) for one in simulated(effect, sd=1.0, n=n)]
    covered = np.mean([low <= effect <= high for _, low, high in ends])
    assert 0.93 <= covered <= 0.97


@pytest.mark.parametrize(
    ("effect", "verdict"),
    [(3.0, "supported"), (-3.0, "contradicted"), (0.0, "no meaningful effect")],
)
def test_clear_cases_are_judged_rightly_in_95_of_100(effect: float, verdict: Verdict) -> None:
    """Clear: the threshold is two standard deviations of a seed away."""
    runs = simulated(effect, sd=abs(abs(effect) - 1.0) / 2, n=8, runs=1000)
    right = np.mean([judged(one, np.zeros(8)).verdict == verdict for one in runs])
    assert right >= 0.95


@pytest.mark.parametrize("effect", [-1.0, 1.0])
def test_near_the_threshold_the_verdict_is_mostly_inconclusive(effect: float) -> None:
    runs = simulated(effect, sd=1.0, n=8, runs=1000)
    verdicts = [judged(one, np.zeros(8)).verdict for one in runs]
    assert verdicts.count("inconclusive") >= 930


def test_a_bootstrap_of_the_median_covers_the_truth_mostly() -> None:
    """Of few and skewed numbers, of which a mean says little."""
    rng = np.random.default_rng(0)
    ends = [interval(rng.exponential(size=12), "median") for _ in range(200)]
    covered = np.mean([low <= math.log(2) <= high for _, low, high in ends])
    assert 0.9 <= covered <= 0.99


# --- as workers are asked ------------------------------------------------------------------------


def test_a_claim_is_judged_through_json() -> None:
    told = claim(4)
    rng = np.random.default_rng(0)
    first = np.append(2.0 ** rng.integers(1, 5, 8), [np.nan, np.inf])
    pairs = Pairs(first, np.ones(10), limit=64.0, notes=("told",))
    read = {one.name: pairs for one in told.conditions}
    asked = Judge(conditions=comparisons(told, read))
    answer = compute(parse_computation(asked.model_dump(mode="json")))
    truth = judged(first, np.ones(10), limit=64.0, scale="octaves", smallest=math.log2(1.25))
    assert {name: len(values) for name, values in answer.items()} == dict.fromkeys(answer, 6)
    assert truth.n == 9
    for condition, found in zip(told.conditions, findings(told, read, answer), strict=True):
        assert found == Finding(
            condition.name, *truth[:6], truth.verdict, notes=("told",), left_out=0
        )


def test_every_verdict_has_its_code() -> None:
    ends = {"supported": (2, 3), "contradicted": (-3, -2), "no meaningful effect": (-0.1, 0.1)}
    ends["inconclusive"] = (-2, 2)
    base = Comparison(
        first=(), second=(), never_first=(), never_second=(),
        scale="number", smallest=1.0, direction="more", statistic="range",
    )  # fmt: skip
    asked = [replace_numbers(base, np.linspace(low, high, 5)) for low, high in ends.values()] + [
        base
    ]
    codes = compute(Judge(conditions=tuple(asked)))["verdict"].tolist()
    assert [VERDICTS[code] for code in codes[:-1]] == list(ends)
    assert codes[-1] == -1


def replace_numbers(base: Comparison, first: Array) -> Comparison:
    never = (False,) * len(first)
    changes = {"first": tuple(first.tolist()), "second": (0.0,) * len(first)}
    return base.model_copy(update=changes | {"never_first": never, "never_second": never})


def test_what_cannot_be_judged_is_refused_in_a_sentence() -> None:
    told = claim(4)
    endless = {one.name: Pairs(np.full(5, np.inf), np.ones(5)) for one in told.conditions}
    with pytest.raises(ValidationError, match=r"limit must be .*\(got none"):
        comparisons(told, endless)
    factor = replace(told.conditions[0], scale="factor", smallest=0.5)
    some = {one.name: Pairs(np.ones(5), np.ones(5)) for one in told.conditions}
    with pytest.raises(ValidationError, match=r"smallest must be a factor of 1"):
        comparisons(replace(told, conditions=(factor,)), some)
