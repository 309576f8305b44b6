"""Findings, verdicts and headlines in sentences, for learners."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

from bnlab.claims.claim import Claim, Condition
from bnlab.claims.effects import thresholds
from bnlab.claims.findings import FEWEST_PAIRS, Finding, headline

_A_RACE: Final = ("steps", "seconds")  # how metrics begin of which less is better
_INTERVALS: Final = {
    "mean": "95 % interval",
    "median": "median, 95 % interval",
    "range": "smallest to largest",
}


def finding_words(condition: Condition, finding: Finding) -> str:
    """What was found, in one sentence: the effect, its interval and the number of seeds.

    Args:
        condition: what was compared.
        finding: what was found for it.
    """
    metric = condition.metric[:1].upper() + condition.metric[1:]
    if finding.n == 0:
        return f"{metric}: nothing to compare yet{_left_out(condition, finding, 'seed')}."
    interval = "" if math.isnan(finding.low) else f"{_interval(condition, finding)}, "
    seeds = f"{finding.n} seed{'' if finding.n == 1 else 's'}"
    return (
        f"{metric}: {_compared(condition, finding)} ({interval}{seeds})"
        f"{_never(condition, finding)}{_left_out(condition, finding, 'further seed')}."
    )


def reason_words(condition: Condition, finding: Finding) -> str:
    """The verdict with the rule it follows from, in one sentence.

    >>> from bnlab.claims import claim
    >>> found = Finding("SGD", 3.0, 2.5, 3.5, 8, 0, 0, "supported")
    >>> reason_words(claim(4).conditions[0], found)
    'Supported, because the whole interval lies above +0.322 octaves.'
    """
    if finding.verdict is None:
        return f"No verdict yet: {finding.n} of the {FEWEST_PAIRS} pairs that it needs."
    verdict = finding.verdict[:1].upper() + finding.verdict[1:]
    below, above = (_size(condition, end) for end in _ends(condition))
    is_between = finding.verdict == "no meaningful effect" or (
        condition.direction == "equal" and finding.verdict == "supported"
    )
    if is_between:
        return f"{verdict}, because the whole interval lies between {below} and {above}."
    if finding.verdict == "inconclusive":
        if _is_left_open(condition, finding):
            return (
                f"{verdict}, because runs that never reached the target leave one end of the "
                "interval open."
            )
        crossed = [
            _size(condition, end) for end in _ends(condition) if finding.low <= end <= finding.high
        ]
        return f"{verdict}, because the interval includes {' and '.join(crossed)}."
    is_above = finding.low > _ends(condition)[1]
    return f"{verdict}, because the whole interval lies " + (
        f"above {above}." if is_above else f"below {below}."
    )


def headline_words(
    claim: Claim, findings: Sequence[Finding], *, is_as_released: bool = True
) -> tuple[str, ...]:
    """The headline with its meaning; if it is "depends", followed by a line per condition.

    Args:
        claim: as it was run.
        findings: of its conditions.
        is_as_released: each verdict is that of the release. The meaning of "depends" was written
            for those; otherwise the verdicts are counted.
    """
    said = headline(claim, findings)
    if said is None:
        return ("No verdict yet.",)
    meaning = claim.meaning.get(said, "")
    if said == "depends" and not is_as_released:
        counts = tally(claim, findings)
        meaning = f"Of the conditions: {counts}; not all agree with the release."
    first = f"{said[:1].upper()}{said[1:]}. {meaning}".strip()
    if said != "depends":
        return (first,)
    found = {finding.condition: finding for finding in findings}
    return (
        first,
        *(
            f"{one.name}: {found[one.name].verdict}, {effect_words(one, found[one.name])}."
            for one in claim.conditions
            if not one.is_control and one.name in found
        ),
    )


def tally(claim: Claim, findings: Sequence[Finding]) -> str:
    """How many conditions have which verdict, without the controls."""
    counted = {one.name for one in claim.conditions if not one.is_control}
    verdicts = Counter(one.verdict for one in findings if one.condition in counted)
    return ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())


def condition_words(condition: Condition) -> str:
    """The name of a condition, which says if it is a control."""
    is_said = not condition.is_control or "control" in condition.name
    return condition.name if is_said else f"{condition.name} (control)"


def effect_words(condition: Condition, finding: Finding) -> str:
    """The effect in its unit, with its interval, in brief.

    >>> from bnlab.claims import claim
    >>> effect_words(claim(4).conditions[0], Finding("SGD", 3.0, 2.5, 3.5, 8, 0, 0, "supported"))
    '+3 octaves (+2.5 to +3.5)'
    """
    if math.isnan(finding.effect):
        return "nothing measured"
    said = _size(condition, finding.effect)
    if math.isnan(finding.low):
        return said
    ends = (_bare(condition, end) for end in (finding.low, finding.high))
    return f"{said} ({' to '.join(ends)})"


def _compared(condition: Condition, finding: Finding) -> str:
    """Which arm has how much more; without a verb, which would have to agree in number."""
    first, second, effect = condition.first, condition.second, finding.effect
    size = abs(effect)
    if condition.scale == "factor":
        size = max(effect, 1 / effect) if effect else math.inf
    if _text(condition, size) == _text(condition, 1 if condition.scale == "factor" else 0):
        return f"no difference between {first} and {second}"
    if condition.scale == "factor":
        one, other = (first, second) if effect > 1 else (second, first)
        if _is_race(condition):
            return f"{other} {_text(condition, size)} times faster than {one}"
        return f"{one} {_text(condition, size)} times as large as {other}"
    side = "above" if effect > 0 else "below"
    times = f" ({_number(2**size)} times)" if condition.scale == "octaves" else ""
    unit = _unit(condition, size)
    return f"{first} {_text(condition, size)} {unit}{times} {side} {second}"


def _interval(condition: Condition, finding: Finding) -> str:
    """The interval, in the same direction as the effect is expressed."""
    low, high = finding.low, finding.high
    if condition.scale == "factor":
        if finding.effect < 1 and low > 0:
            low, high = 1 / high, 1 / low
        ends = f"{_text(condition, low)} to {_text(condition, high)}"
    else:
        ends = f"{_bare(condition, low)} to {_bare(condition, high)}"
    return f"{_INTERVALS[condition.statistic]} {ends}"


def _never(condition: Condition, finding: Finding) -> str:
    """Which arms never reached their target, and what follows from that."""
    gone = [
        f"in {count} of them {arm} never reached the target"
        for count, arm in (
            (finding.never_first, condition.first),
            (finding.never_second, condition.second),
        )
        if count
    ]
    if not gone:
        return ""
    is_less = finding.effect < (1 if condition.scale == "factor" else 0)
    on_this_side, on_the_other = finding.never_first, finding.never_second
    if is_less:
        on_this_side, on_the_other = on_the_other, on_this_side
    is_least = on_this_side and not on_the_other
    tail = (
        ", so the effect is at least this large" if is_least else ": the last step counts instead"
    )
    return f"; {' and '.join(gone)}{tail}"


def _left_out(condition: Condition, finding: Finding, seed: str) -> str:
    if not finding.left_out:
        return ""
    plural = "s" if finding.left_out > 1 else ""
    why = "neither reached the target" if _is_race(condition) else "a number in it is 0"
    return f"; {finding.left_out} {seed}{plural} left out, because {why}"


def _is_race(condition: Condition) -> bool:
    return condition.metric.lower().startswith(_A_RACE)


def _ends(condition: Condition) -> tuple[float, float]:
    return thresholds(condition.scale, condition.smallest)


def _is_left_open(condition: Condition, finding: Finding) -> bool:
    """Whether only runs that never reached their target prevent a verdict."""
    below, above = _ends(condition)
    is_apart = finding.low > above or finding.high < below
    is_between = finding.low > below and finding.high < above
    return bool(finding.never_first or finding.never_second) and (is_apart or is_between)


def _size(condition: Condition, value: float) -> str:
    """An effect with its unit."""
    if condition.scale == "factor":
        return f"{_text(condition, value)} times"
    return f"{_bare(condition, value)} {_unit(condition, value)}"


def _unit(condition: Condition, value: float) -> str:
    is_one = _text(condition, abs(value)) == "1"
    return condition.unit.removesuffix("s") if is_one else condition.unit


def _bare(condition: Condition, value: float) -> str:
    """An effect without its unit; a difference with its sign."""
    size = _text(condition, abs(value))
    if condition.scale == "factor" or size == "0":
        return size
    return f"{'−' if value < 0 else '+'}{size}"


def _text(condition: Condition, value: float) -> str:
    """The size of an effect; near 1 a factor has one more digit."""
    if condition.scale == "factor" and 0.9 < value < 1.1:
        return f"{value:.4g}"
    return _number(value)


def _number(value: float) -> str:
    """Three significant digits, no decimals from 100 on; below a millionth it is 0.

    >>> _number(2.345), _number(0.04), _number(12345.6), _number(1e-9)
    ('2.35', '0.04', '12,346', '0')
    """
    if not math.isfinite(value):
        return "infinitely many"
    if abs(value) < 1e-6:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
