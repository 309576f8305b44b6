"""The steps of batch norm: in order, and with numbers in their formulas that give their values."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from bnlab.by_hand.batch_norm import Backward, Forward, backward, forward, substitute

FORWARD = ["mean", "centred", "variance", "std", "x_hat", "y"]
BACKWARD = ["grad_bias", "grad_weight", "grad_x_hat", "grad_variance", "grad_mean", "grad_x"]
GIVEN = {"x", "weight", "bias", "eps", "grad_y"}
SHAPES = [(3, 2), (6, 2), (2, 2, 1, 3)]


def both(*shape: int, scale: float = 1.0) -> tuple[Forward, Backward]:
    rng = np.random.default_rng(0)
    units = shape[1]
    x, weight, bias = rng.normal(size=shape), rng.normal(size=units), rng.normal(size=units)
    layer = forward(scale * x, weight, bias)
    return layer, backward(layer, rng.normal(size=shape))


def evaluate(latex: str) -> float:
    """The value of an expression of numbers, fractions, roots and powers."""
    text = latex.replace(r"\left", "").replace(r"\right", "")
    text = text.replace(r"\times", "*").replace(r"\cdot", "*")
    text = re.sub(r"\^\{(-?\d+)\}", r"**(\1)", text)
    while r"\frac" in text or r"\sqrt" in text:
        text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", text)
        text = re.sub(r"\\sqrt\{([^{}]*)\}", r"((\1)**0.5)", text)
    text = text.replace("^", "**").replace(")(", ")*(")
    assert set(text) <= set("0123456789.+-*/() "), text
    return float(eval(text))  # noqa: S307 - of digits and signs only, as asserted


def test_the_steps_come_in_the_order_of_the_algorithm() -> None:
    layer, back = both(4, 2)
    assert [step.name for step in layer] == FORWARD
    assert [step.name for step in back] == BACKWARD


@pytest.mark.parametrize("which", [0, 1])
def test_a_step_has_its_value_and_says_what_it_is(which: int) -> None:
    of = both(4, 2)[which]
    for step in of:
        assert step.value is getattr(of, step.name)
        assert step.value.shape in {(2,), (4, 2)}
        assert step.formula.startswith(step.symbol[:5])
        assert step.words.endswith(".") and len(step.words) < 100
        assert step.title[0].isupper()


def test_a_step_is_computed_from_what_was_there_before() -> None:
    layer, back = both(4, 2)
    known = set(GIVEN)
    for step in [*layer, *back]:
        assert set(step.inputs) <= known, step.name
        known.add(step.name)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("scale", [1.0, 1e-8, 1e12])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_numbers_put_in_give_the_value(
    shape: tuple[int, ...], scale: float, which: int
) -> None:
    of = both(*shape, scale=scale)[which]
    for step in of:
        for index in np.ndindex(step.value.shape):
            _, middle, value = substitute(step, index, of=of, digits=17).split(" = ")
            near = 1e-12 * float(np.abs(step.value).max())
            assert evaluate(value) == pytest.approx(step.value[index], rel=1e-15)
            assert evaluate(middle) == pytest.approx(step.value[index], rel=1e-12, abs=near)


@pytest.mark.parametrize("which", [0, 1])
def test_a_few_digits_are_shown_and_nearly_give_the_value(which: int) -> None:
    of = both(4, 2)[which]
    for step in of:
        for index in np.ndindex(step.value.shape):
            _, middle, value = substitute(step, index, of=of).split(" = ")
            assert evaluate(value) == pytest.approx(step.value[index], rel=1e-3)
            assert evaluate(middle) == pytest.approx(step.value[index], abs=5e-3)


class Watched:
    """Something whose attributes are read, and which they were."""

    def __init__(self, target: Any, names: set[str]) -> None:
        self._target, self._names = target, names

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if name == "forward":
            return Watched(value, self._names)
        self._names.add(name)
        return value


@pytest.mark.parametrize("which", [0, 1])
def test_the_numbers_put_in_are_those_of_the_inputs(which: int) -> None:
    of = both(4, 2)[which]
    for step in of:
        names: set[str] = set()
        index = (1,) * step.value.ndim
        substitute(step, index, of=Watched(of, names))  # type: ignore[arg-type]
        assert names - {"m", step.name} == set(step.inputs)


def test_a_sum_is_written_out() -> None:
    layer = forward([[0, 1.2], [0, 0.3], [0, -2], [1, 1]], [1, 1], [0, -1])
    mean, _, variance, std, _, y = layer
    assert substitute(mean, (1,), of=layer) == (
        r"\mu_{2} = \frac{1}{4}\left(1.2 + 0.3 - 2 + 1\right) = 0.125"
    )
    assert substitute(variance, (0,), of=layer) == (
        r"\sigma^2_{1} = \frac{1}{4}\left(\left(-0.25\right)^2 + \left(-0.25\right)^2"
        r" + \left(-0.25\right)^2 + 0.75^2\right) = 0.1875"
    )
    assert substitute(std, (0,), of=layer) == r"s_{1} = \sqrt{0.1875 + 10^{-5}} = 0.433"
    assert substitute(y, (0, 0), of=layer) == (
        r"y_{1,1} = 1 \cdot \left(-0.5773\right) + 0 = -0.5773"
    )
    assert substitute(y, (3, 1), of=layer).count(" - 1 = ") == 1


def test_a_long_sum_shows_its_first_three_terms_and_its_last() -> None:
    x = np.arange(1.0, 9.0)[:, None]
    layer = forward(x, [1], [0])
    back = backward(layer, -x)
    assert substitute(next(iter(layer)), (0,), of=layer) == (
        r"\mu_{1} = \frac{1}{8}\left(1 + 2 + 3 + \cdots + 8\right) = 4.5"
    )
    assert substitute(next(iter(back)), (0,), of=back) == (
        r"\frac{\partial \ell}{\partial \beta_{1}} = -1 - 2 - 3 + \cdots - 8 = -36"
    )


def test_a_small_difference_of_large_numbers_can_be_checked() -> None:
    layer = forward([[1001.25], [1000.0], [1001.0]], [1], [0])
    assert substitute(list(layer)[1], (0, 0), of=layer) == "c_{1,1} = 1001.25 - 1000.75 = 0.5"


def test_what_is_no_number_is_written_as_such() -> None:
    layer = forward([[1.0], [1.0]], [1.0], [0.0], eps=0.0)
    assert substitute(list(layer)[-1], (0, 0), of=layer).endswith(r"= \mathrm{nan}")


@pytest.mark.parametrize("index", [(2,), (-1,), (0, 0), ()])
def test_an_element_that_is_not_there_is_refused(index: tuple[int, ...]) -> None:
    layer, _ = both(4, 2)
    with pytest.raises(IndexError, match=r"index must be an element of shape \(2,\)"):
        substitute(next(iter(layer)), index, of=layer)
