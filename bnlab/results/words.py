"""Measured numbers in words."""

from __future__ import annotations

import math


def percent(share: float) -> str:
    """A share in percent, to one decimal where it is needed; a dash where there is none.

    >>> percent(0.1234), percent(0.97), percent(0.9999)
    ('12.3 %', '97 %', 'more than 99.9 %')
    """
    if not math.isfinite(share):
        return "–"
    if 0.9995 <= share < 1:
        return "more than 99.9 %"
    return f"{100 * share:.1f}".removesuffix(".0") + " %"
