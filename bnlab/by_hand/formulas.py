"""The steps of batch norm in symbols, in words, and with the numbers of one element put in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bnlab.by_hand.batch_norm import Backward, Forward

MOST_TERMS = 6  # of a sum that is written out in full
MOST_DIGITS = 17  # that a float64 number has


@dataclass(frozen=True, kw_only=True, eq=False)
class Operation:
    """One line of the algorithm: what is computed, from what, and what it means.

    Args:
        name: the attribute that holds the result, as "mean".
        title: what a person calls it.
        symbol: LaTeX.
        formula: LaTeX, in symbols; i runs over the m values of a unit, units are left out.
        words: the formula in one plain line.
        inputs: steps, or x, weight, bias, eps and grad_y, that it is computed from directly.
    """

    name: str
    title: str
    symbol: str
    formula: str
    words: str
    inputs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Step(Operation):
    """An operation and its result: (F,), or shaped like x."""

    value: NDArray[np.float64]


def steps_of(operations: tuple[Operation, ...], of: Forward | Backward) -> Iterator[Step]:
    """The operations in order, each with its value."""
    for operation in operations:
        yield Step(**vars(operation), value=getattr(of, operation.name))


FORWARD = (
    Operation(
        name="mean",
        title="Batch mean",
        symbol=r"\mu",
        formula=r"\mu = \frac{1}{m} \sum_{i=1}^{m} x_i",
        words="Average the m values that the minibatch has for this unit.",
        inputs=("x",),
    ),
    Operation(
        name="centred",
        title="Centred values",
        symbol="c",
        formula=r"c_i = x_i - \mu",
        words="Take the mean away, so that the values lie around 0.",
        inputs=("x", "mean"),
    ),
    Operation(
        name="variance",
        title="Batch variance",
        symbol=r"\sigma^2",
        formula=r"\sigma^2 = \frac{1}{m} \sum_{i=1}^{m} c_i^2",
        words="Average the squares of the centred values: divided by m, not by m - 1.",
        inputs=("centred",),
    ),
    Operation(
        name="std",
        title="Standard deviation",
        symbol="s",
        formula=r"s = \sqrt{\sigma^2 + \epsilon}",
        words="Take the root; epsilon keeps it above 0 when all values are equal.",
        inputs=("variance", "eps"),
    ),
    Operation(
        name="x_hat",
        title="Normalized values",
        symbol=r"\hat{x}",
        formula=r"\hat{x}_i = \frac{c_i}{s}",
        words="Divide by the standard deviation: mean 0, and a variance just below 1.",
        inputs=("centred", "std"),
    ),
    Operation(
        name="y",
        title="Output",
        symbol="y",
        formula=r"y_i = \gamma \hat{x}_i + \beta",
        words="Stretch by gamma and shift by beta, which the layer learns.",
        inputs=("x_hat", "weight", "bias"),
    ),
)


def _partial(symbol: str) -> str:
    return rf"\frac{{\partial \ell}}{{\partial {symbol}}}"


_G, _G_HAT, _G_X = _partial("y_i"), _partial(r"\hat{x}_i"), _partial("x_i")
_G_BIAS, _G_WEIGHT = _partial(r"\beta"), _partial(r"\gamma")
_G_VARIANCE, _G_MEAN = _partial(r"\sigma^2"), _partial(r"\mu")

BACKWARD = (
    Operation(
        name="grad_bias",
        title="Gradient of beta",
        symbol=_G_BIAS,
        formula=rf"{_G_BIAS} = \sum_{{i=1}}^{{m}} {_G}",
        words="Beta is added to every output, so it collects all their gradients.",
        inputs=("grad_y",),
    ),
    Operation(
        name="grad_weight",
        title="Gradient of gamma",
        symbol=_G_WEIGHT,
        formula=rf"{_G_WEIGHT} = \sum_{{i=1}}^{{m}} {_G} \hat{{x}}_i",
        words="Gamma multiplies each normalized value, so each gradient counts that many times.",
        inputs=("grad_y", "x_hat"),
    ),
    Operation(
        name="grad_x_hat",
        title="Gradient of the normalized values",
        symbol=_partial(r"\hat{x}"),
        formula=rf"{_G_HAT} = {_G} \, \gamma",
        words="On its way back through the stretching, the gradient is multiplied by gamma.",
        inputs=("grad_y", "weight"),
    ),
    Operation(
        name="grad_variance",
        title="Gradient of the variance",
        symbol=_G_VARIANCE,
        formula=rf"{_G_VARIANCE} = -\frac{{1}}{{2 s^3}} \sum_{{i=1}}^{{m}} {_G_HAT} c_i",
        words="Every value was divided by the same s: what a wider batch would do to the loss.",
        inputs=("grad_x_hat", "centred", "std"),
    ),
    Operation(
        name="grad_mean",
        title="Gradient of the mean",
        symbol=_G_MEAN,
        formula=rf"{_G_MEAN} = -\frac{{1}}{{s}} \sum_{{i=1}}^{{m}} {_G_HAT}"
        rf" - {_G_VARIANCE} \frac{{2}}{{m}} \sum_{{i=1}}^{{m}} c_i",
        words="The mean was taken from every value; its second part is 0, for the c sum to 0.",
        inputs=("grad_x_hat", "std", "grad_variance", "centred"),
    ),
    Operation(
        name="grad_x",
        title="Gradient of the input",
        symbol=_partial("x"),
        formula=rf"{_G_X} = \frac{{1}}{{s}} {_G_HAT}"
        rf" + {_G_VARIANCE} \frac{{2 c_i}}{{m}} + \frac{{1}}{{m}} {_G_MEAN}",
        words="Three ways lead from x to the loss: itself, the variance, and the mean.",
        inputs=("grad_x_hat", "std", "grad_variance", "centred", "grad_mean"),
    ),
)


def substitute(
    step: Step, index: tuple[int, ...], *, of: Forward | Backward, digits: int = 4
) -> str:
    r"""LaTeX of one element with the numbers put in: `\mu_{2} = \frac{1}{2}\left(1 + 3\right) = 2`.

    Args:
        step: a step of `of`.
        index: of the element in `step.value`, from 0; the LaTeX counts from 1.
        of: where the step's inputs are.
        digits: significant digits; numbers whose difference is small get as many more.

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
        """What this element, or its unit, has under a name."""
        array = self._array(name)
        place = {0: (), 1: (self._unit(),)}.get(array.ndim, self.index)
        return float(array[place])

    def number(self, name: str) -> str:
        """The same, written out."""
        return _number(self.value(name), self.digits)

    def factor(self, name: str) -> str:
        """The same, in brackets where it stands beside others and needs them."""
        return _bracketed(self.number(name))

    def difference(self, one: str, other: str, result: str) -> str:
        """One minus the other, with as many digits more as are lost in the result."""
        large, small = abs(self.value(one)), abs(self.value(result))
        lost = math.ceil(math.log10(large) - math.log10(small)) if large > small > 0 else 0
        finer = replace(self, digits=min(self.digits + lost, MOST_DIGITS))
        return f"{finer.number(one)} - {finer.factor(other)}"

    def total(self, *names: str, power: str = "") -> str:
        """The sum over the minibatch of the products of what the names hold."""
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
