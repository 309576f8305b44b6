"""The formulas of batch norm with the numbers of one element put in, as LaTeX."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bnlab.by_hand.operations import Step
from bnlab.by_hand.record import Backward, Forward

MOST_TERMS = 6  # in a sum that is written out in full
MOST_DIGITS = 17  # that a float64 number has


def substitute(
    step: Step, index: tuple[int, ...], *, of: Forward | Backward, digits: int = 4
) -> str:
    r"""LaTeX of one element with the numbers put in: `\mu_{2} = \frac{1}{2}\left(1 + 3\right) = 2`.

    Args:
        step: a step of `of`.
        index: of the element in `step.value`, from 0; the LaTeX counts from 1.
        of: where the step's inputs are.
        digits: significant digits; numbers whose difference is small get more.

    Raises:
        IndexError: the value has no such element.
    """
    shape = step.value.shape
    if len(index) != len(shape) or not all(
        0 <= i < size for i, size in zip(index, shape, strict=True)
    ):
        raise IndexError(f"index must be an element of shape {shape} (got {index}).")
    element = _Element(of, index, digits)
    place = ",".join(str(i + 1) for i in index)
    inner, end = (step.symbol[:-1], "}") if step.symbol.startswith(r"\frac") else (step.symbol, "")
    symbol = f"{inner}_{{{place}}}{end}"
    return f"{symbol} = {_NUMBERS[step.name](element)} = {element.number(step.name)}"


@dataclass(frozen=True)
class _Element:
    """The numbers that one element is computed from, as LaTeX."""

    of: Forward | Backward
    index: tuple[int, ...]
    digits: int

    def _array(self, name: str) -> NDArray[np.float64]:
        holder = self.of if hasattr(self.of, name) else self.of.forward  # type: ignore[union-attr]
        return np.asarray(getattr(holder, name))

    def _unit(self) -> int:
        return self.index[1] if len(self.index) > 1 else self.index[0]

    @property
    def m(self) -> str:
        """How many values the minibatch has for this unit."""
        return str(self._array("m"))

    def value(self, name: str) -> float:
        """The value of a named quantity for this element, or for its unit."""
        array = self._array(name)
        place = {0: (), 1: (self._unit(),)}.get(array.ndim, self.index)
        return float(array[place])

    def number(self, name: str) -> str:
        """The value as LaTeX."""
        return _number(self.value(name), self.digits)

    def factor(self, name: str) -> str:
        """The value as LaTeX, in parentheses if it needs them as a factor."""
        return _bracketed(self.number(name))

    def difference(self, one: str, other: str, result: str) -> str:
        """One minus the other, with additional digits for those that are lost in the result."""
        large, small = abs(self.value(one)), abs(self.value(result))
        lost = math.ceil(math.log10(large) - math.log10(small)) if large > small > 0 else 0
        finer = replace(self, digits=min(self.digits + lost, MOST_DIGITS))
        return f"{finer.number(one)} - {finer.factor(other)}"

    def total(self, *names: str, power: str = "") -> str:
        """The sum over the minibatch of the products of the named quantities."""
        columns = [self._array(name)[:, self._unit()].ravel() for name in names]
        rows = list(zip(*columns, strict=True))
        shown = rows if len(rows) <= MOST_TERMS else [*rows[:3], rows[-1]]
        terms = []
        for row in shown:
            numbers = [_number(float(value), self.digits) for value in row]
            if len(numbers) > 1 or power:
                numbers = [_bracketed(number) + power for number in numbers]
            terms.append(r" \cdot ".join(numbers))
        if len(shown) < len(rows):
            terms.insert(3, r"\cdots")
        return terms[0] + "".join(_signed(term) for term in terms[1:])


def _number(value: float, digits: int) -> str:
    if not np.isfinite(value):
        return rf"\mathrm{{{value}}}"
    mantissa, _, exponent = f"{value + 0.0:.{digits}g}".partition("e")
    if not exponent:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return {"1": power, "-1": f"-{power}"}.get(mantissa, rf"{mantissa} \times {power}")


def _bracketed(number: str) -> str:
    return number if number.replace(".", "").isdigit() else rf"\left({number}\right)"


def _signed(term: str) -> str:
    return f" - {term[1:]}" if term.startswith("-") else f" + {term}"


_NUMBERS: dict[str, Callable[[_Element], str]] = {
    "mean": lambda e: rf"\frac{{1}}{{{e.m}}}\left({e.total('x')}\right)",
    "centred": lambda e: e.difference("x", "mean", "centred"),
    "variance": lambda e: rf"\frac{{1}}{{{e.m}}}\left({e.total('centred', power='^2')}\right)",
    "std": lambda e: rf"\sqrt{{{e.number('variance')} + {e.number('eps')}}}",
    "x_hat": lambda e: rf"\frac{{{e.number('centred')}}}{{{e.number('std')}}}",
    "y": lambda e: rf"{e.factor('weight')} \cdot {e.factor('x_hat')}{_signed(e.number('bias'))}",
    "grad_bias": lambda e: e.total("grad_y"),
    "grad_weight": lambda e: e.total("grad_y", "x_hat"),
    "grad_x_hat": lambda e: rf"{e.factor('grad_y')} \cdot {e.factor('weight')}",
    "grad_variance": lambda e: (
        rf"-\frac{{1}}{{2 \cdot {e.factor('std')}^3}}"
        rf"\left({e.total('grad_x_hat', 'centred')}\right)"
    ),
    "grad_mean": lambda e: (
        rf"-\frac{{1}}{{{e.number('std')}}}\left({e.total('grad_x_hat')}\right)"
        rf" - {e.factor('grad_variance')} \cdot \frac{{2}}{{{e.m}}}"
        rf"\left({e.total('centred')}\right)"
    ),
    "grad_x": lambda e: (
        rf"\frac{{{e.number('grad_x_hat')}}}{{{e.number('std')}}}"
        rf" + {e.factor('grad_variance')} \cdot \frac{{2 \cdot {e.factor('centred')}}}{{{e.m}}}"
        rf" + \frac{{{e.number('grad_mean')}}}{{{e.m}}}"
    ),
}
