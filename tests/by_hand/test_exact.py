"""Batch norm by hand keeps its digits where data are badly scaled: held to exact arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlab.by_hand.batch_norm import Array, backward, forward
from tests.by_hand.exact_norm import NUMBERS, UNIT_ROUNDOFF, Exact, columns, exact

EPS = [0.0, 1e-30, 1e-12, 1e-5, 1e-3, 1.0, 1e30]


@st.composite
def minibatches(draw: st.DrawFn) -> tuple[Array, Array, Array, Array, float]:
    """x, weight, bias, grad_y and eps; eps is 0 only where no unit is constant."""
    rows, units = draw(st.integers(2, 8)), draw(st.integers(1, 3))
    x = np.array([draw(columns(rows=rows)) for _ in range(units)]).T
    numbers = st.lists(NUMBERS, min_size=units, max_size=units)
    grad_y = np.array([draw(numbers) for _ in range(rows)])
    eps = draw(st.sampled_from(EPS))
    if (x == x[0]).all(axis=0).any() and eps == 0:
        eps = 1e-5
    return x, np.array(draw(numbers)), np.array(draw(numbers)), grad_y, eps


def worst(got: Array, true: Fraction | Sequence[Fraction]) -> float:
    """The largest error, itself found without rounding."""
    truths = true if isinstance(true, Sequence) else [true]
    values = np.atleast_1d(got).tolist()
    return max(float(abs(Fraction(a) - b)) for a, b in zip(values, truths, strict=True))


def bounds(x: Array, grad_y: Array, true: Exact, *, weight: float, bias: float) -> dict[str, float]:
    """How large the error of one unit may be: a few roundings of the largest number on the way."""
    m = len(x)
    u = 16 * m * UNIT_ROUNDOFF
    size, spread, slope = np.abs(x).max(), np.abs(x - x[0]).max(), np.abs(grad_y).max()
    std, inner = float(true.std), abs(weight) * slope
    x_hat = spread / std  # at most; the root of m with eps = 0
    return {
        "mean": u * size,
        "centred": u * spread,
        "variance": u * spread**2,
        "std": u * std + u * spread**2 / std,
        "x_hat": u * x_hat * (1 + x_hat**2),
        "y": u * (abs(weight) * x_hat * (1 + x_hat**2) + abs(bias)),
        "grad_bias": u * slope * m,
        "grad_weight": u * slope * m * x_hat * (1 + x_hat**2),
        "grad_mean": u * inner * m / std * (1 + x_hat**2) ** 2,
        "grad_variance": u * inner * m / std**2 * x_hat * (1 + x_hat**2),
        "grad_x": u * inner / std * m * (1 + x_hat**2) ** 2,
    }


@given(minibatches())
def test_every_step_is_exact_but_for_roundings_of_its_own_scale(
    minibatch: tuple[Array, Array, Array, Array, float],
) -> None:
    x, weight, bias, grad_y, eps = minibatch
    layer = forward(x, weight, bias, eps=eps)
    back = backward(layer, grad_y)
    for k in range(x.shape[1]):
        gamma, beta = float(weight[k]), float(bias[k])
        true = exact(x[:, k].tolist(), grad_y[:, k].tolist(), weight=gamma, bias=beta, eps=eps)
        allowed = bounds(x[:, k], grad_y[:, k], true, weight=gamma, bias=beta)
        for name, bound in allowed.items():
            value = getattr(layer, name) if hasattr(layer, name) else getattr(back, name)
            error = worst(value[..., k], getattr(true, name))
            assert error <= bound, (name, error, bound)


@pytest.mark.parametrize("value", [0.0, 0.1, -1 / 3, 1e30, -1e30 / 3, 1e-30, 7e-31])
@pytest.mark.parametrize("shape", [(2, 1), (3, 2), (97, 2), (3, 2, 5, 7)])
def test_a_constant_unit_is_centred_to_exactly_zero(value: float, shape: tuple[int, ...]) -> None:
    units = shape[1]
    layer = forward(np.full(shape, value), np.ones(units), np.full(units, 0.5))
    assert (layer.mean == value).all()
    for zero in (layer.centred, layer.variance, layer.x_hat):
        assert (zero == 0).all()
    assert (layer.y == 0.5).all()


def test_a_constant_unit_without_eps_is_not_a_number_and_leaves_the_others_alone() -> None:
    x = np.array([[3.0, 1.0], [3.0, 3.0]])
    layer = forward(x, np.ones(2), np.zeros(2), eps=0.0)
    assert np.isnan(layer.y[:, 0]).all()
    assert layer.y[:, 1].tolist() == [-1.0, 1.0]
    back = backward(layer, np.array([[1.0, 1.0], [0.0, 0.0]]))
    assert np.isnan(back.grad_x[:, 0]).all()
    assert np.abs(back.grad_x[:, 1]).max() < 1e-15


@pytest.mark.parametrize("scale", [1e-30, 1e-9, 1.0, 1e9, 1e30])
def test_x_hat_has_all_its_digits_at_any_scale(scale: float) -> None:
    x = np.array([1.0, 2.0, 4.0, 7.0])[:, None]
    layer = forward(scale * x, np.ones(1), np.zeros(1), eps=0.0)
    once = forward(x, np.ones(1), np.zeros(1), eps=0.0)
    np.testing.assert_allclose(layer.x_hat, once.x_hat, rtol=1e-15)


@pytest.mark.parametrize("outlier", [1e30, -1e30])
@pytest.mark.parametrize("row", [0, 2, 4])
def test_one_huge_outlier_is_the_only_one_that_is_told_apart(outlier: float, row: int) -> None:
    x = np.arange(5.0)[:, None]
    x[row] = outlier
    layer = forward(x, np.ones(1), np.zeros(1))
    others = np.sign(outlier) * np.where(np.arange(5) == row, 2.0, -0.5)
    np.testing.assert_allclose(layer.x_hat[:, 0], others, rtol=1e-14)
