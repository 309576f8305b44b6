"""The steps of batch norm's forward and backward pass, each in symbols and in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Operation:
    """One line of the algorithm: what is computed, from what, and what it means.

    Args:
        name: the attribute that holds the result, such as "mean".
        title: its name on the page.
        symbol: LaTeX.
        formula: LaTeX, in symbols; i runs over the m values of a unit, whose own index is left out.
        words: the formula in one plain sentence.
        inputs: the steps, or x, weight, bias, eps and grad_y, that it is computed from directly.
    """

    name: str
    title: str
    symbol: str
    formula: str
    words: str
    inputs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Step(Operation):
    """An operation and its result, (F,) or shaped like x."""

    value: NDArray[np.float64]


def steps_of(operations: tuple[Operation, ...], of: object) -> Iterator[Step]:
    """The operations in order, each with the value that an object holds under its name."""
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
        words="Subtract the mean, so that the values are centred at 0.",
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
        words="Take the square root; epsilon keeps it above 0 when all values are equal.",
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
        words="Scale by gamma and shift by beta, both of which the layer learns.",
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
        words="Beta is added to every output, so its gradient is the sum of all of theirs.",
        inputs=("grad_y",),
    ),
    Operation(
        name="grad_weight",
        title="Gradient of gamma",
        symbol=_G_WEIGHT,
        formula=rf"{_G_WEIGHT} = \sum_{{i=1}}^{{m}} {_G} \hat{{x}}_i",
        words="Gamma multiplies each normalized value, so each gradient is weighted by that value.",
        inputs=("grad_y", "x_hat"),
    ),
    Operation(
        name="grad_x_hat",
        title="Gradient of the normalized values",
        symbol=_partial(r"\hat{x}"),
        formula=rf"{_G_HAT} = {_G} \, \gamma",
        words="Going back through the scaling, the gradient is multiplied by gamma.",
        inputs=("grad_y", "weight"),
    ),
    Operation(
        name="grad_variance",
        title="Gradient of the variance",
        symbol=_G_VARIANCE,
        formula=rf"{_G_VARIANCE} = -\frac{{1}}{{2 s^3}} \sum_{{i=1}}^{{m}} {_G_HAT} c_i",
        words="Every value was divided by the same s: how the loss changes with a wider spread.",
        inputs=("grad_x_hat", "centred", "std"),
    ),
    Operation(
        name="grad_mean",
        title="Gradient of the mean",
        symbol=_G_MEAN,
        formula=rf"{_G_MEAN} = -\frac{{1}}{{s}} \sum_{{i=1}}^{{m}} {_G_HAT}"
        rf" - {_G_VARIANCE} \frac{{2}}{{m}} \sum_{{i=1}}^{{m}} c_i",
        words="The mean was subtracted from every value; the second part is 0, as the c sum to 0.",
        inputs=("grad_x_hat", "std", "grad_variance", "centred"),
    ),
    Operation(
        name="grad_x",
        title="Gradient of the input",
        symbol=_partial("x"),
        formula=rf"{_G_X} = \frac{{1}}{{s}} {_G_HAT}"
        rf" + {_G_VARIANCE} \frac{{2 c_i}}{{m}} + \frac{{1}}{{m}} {_G_MEAN}",
        words="Three paths lead from x to the loss: directly, by the variance, and by the mean.",
        inputs=("grad_x_hat", "std", "grad_variance", "centred", "grad_mean"),
    ),
)
