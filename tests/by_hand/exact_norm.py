"""Normalizing in exact rational arithmetic, one set of values at a time, roots to 200 bits.

The gradient is the closed form, so it shares nothing with the chain of steps held against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from hypothesis import strategies as st

ROOT_BITS = 200
UNIT_ROUNDOFF = 2.0**-53

NUMBERS = st.floats(-9.0, 9.0, allow_subnormal=False).map(lambda x: round(x, 6))
SCALES = st.integers(-30, 30).map(lambda k: 10.0**k)


def root(square: Fraction) -> Fraction:
    """The square root of a number that is not negative."""
    a, b = square.numerator, square.denominator
    return Fraction(isqrt(a * b << 2 * ROOT_BITS), b << ROOT_BITS)


@dataclass(frozen=True)
class Exact:
    """One unit of one minibatch, normalized, and the gradient of its loss."""

    mean: Fraction
    centred: list[Fraction]
    variance: Fraction
    std: Fraction
    x_hat: list[Fraction]
    y: list[Fraction]
    grad_weight: Fraction
    grad_bias: Fraction
    grad_mean: Fraction
    grad_variance: Fraction
    grad_x: list[Fraction]


def exact(x: list[float], grad_y: list[float], *, weight: float, bias: float, eps: float) -> Exact:
    """One unit of batch norm; a variance of 0 asks for eps above 0."""
    m, gamma, g = len(x), Fraction(weight), [Fraction(value) for value in grad_y]
    mean = sum(map(Fraction, x), Fraction()) / m
    centred = [Fraction(value) - mean for value in x]
    variance = sum((c * c for c in centred), Fraction()) / m
    std = root(variance + Fraction(eps))
    x_hat = [c / std for c in centred]
    total, turn = sum(g), sum(a * b for a, b in zip(g, x_hat, strict=True))
    return Exact(
        mean=mean,
        centred=centred,
        variance=variance,
        std=std,
        x_hat=x_hat,
        y=[gamma * value + Fraction(bias) for value in x_hat],
        grad_weight=Fraction(turn),
        grad_bias=Fraction(total),
        grad_mean=-gamma * total / std,
        grad_variance=-gamma * turn / (2 * std * std),
        grad_x=[
            gamma / (m * std) * (m * a - total - b * turn) for a, b in zip(g, x_hat, strict=True)
        ],
    )


@st.composite
def columns(draw: st.DrawFn, *, rows: int) -> list[float]:
    """Values of one unit that ordinary code loses digits on."""
    values = draw(st.lists(NUMBERS, min_size=rows, max_size=rows))
    scale, other = draw(SCALES), draw(SCALES)
    kind = draw(st.sampled_from(["constant", "scaled", "outlier", "far away", "mixed"]))
    if kind == "constant":
        return [values[0] * scale] * rows
    if kind == "outlier":
        values[draw(st.integers(0, rows - 1))] = draw(st.sampled_from([-1e30, 1e30]))
        return values
    if kind == "far away":  # close together, far from 0
        return [scale * (1 + value * 1e-12) for value in values]
    if kind == "mixed":
        return [value * draw(st.sampled_from([scale, other])) for value in values]
    return [value * scale for value in values]
