"""Batch norm by hand: the same numbers as torch's, and what holds of it on paper."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.nn import functional as F

from bnlab.by_hand.batch_norm import Array, Forward, OneValueError, backward, batch_mean, forward

CLOSE = 1e-10
SHAPES = st.one_of(
    st.tuples(st.integers(2, 12), st.integers(1, 4)),
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(2, 4)),
)


@st.composite
def minibatches(draw: st.DrawFn) -> tuple[Array, Array, Array, Array, float]:
    """x, weight, bias, grad_y and eps, all of ordinary size."""
    shape = draw(SHAPES)
    number = st.floats(-10, 10)
    x, grad_y = (
        draw(arrays(float, shape, elements=number)),
        draw(arrays(float, shape, elements=number)),
    )
    weight, bias = (draw(arrays(float, shape[1], elements=number)) for _ in range(2))
    return x, weight, bias, grad_y, draw(st.floats(1e-3, 10))


def random_layer(*shape: int, eps: float = 1e-5, seed: int = 0) -> tuple[Forward, Array]:
    """A forward of random numbers far from 0, and a random gradient for its y."""
    rng = np.random.default_rng(seed)
    x, grad_y = rng.normal(3.0, 2.0, shape), rng.normal(size=shape)
    return forward(x, rng.normal(size=shape[1]), rng.normal(size=shape[1]), eps=eps), grad_y


def over_batch(values: Array) -> Array:
    """The sum over the minibatch (F,)."""
    return values.sum(axis=(0, *range(2, values.ndim)))


def equal(got: Array, expected: Array | float, *, scale: float = 1.0) -> None:
    np.testing.assert_allclose(got, expected, rtol=CLOSE, atol=CLOSE * max(1.0, scale))


@given(minibatches())
def test_forward_and_backward_are_torchs(
    minibatch: tuple[Array, Array, Array, Array, float],
) -> None:
    *numbers, grad_y, eps = minibatch
    x, weight, bias = (torch.tensor(values, requires_grad=True) for values in numbers)
    y = F.batch_norm(x, None, None, weight, bias, training=True, eps=eps)
    y.backward(torch.tensor(grad_y))
    layer = forward(*numbers, eps=eps)
    back = backward(layer, grad_y)
    equal(layer.y, y.detach().numpy())
    for ours, theirs in [(back.grad_x, x), (back.grad_weight, weight), (back.grad_bias, bias)]:
        equal(ours, theirs.grad.numpy(), scale=100 / math.sqrt(eps))


@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 2, 5)])
def test_every_gradient_on_the_way_is_torchs(shape: tuple[int, ...]) -> None:
    layer, grad_y = random_layer(*shape)
    place = [1, -1, *[1] * (len(shape) - 2)]
    x, weight, bias = (
        torch.tensor(v, requires_grad=True) for v in (layer.x, layer.weight, layer.bias)
    )
    mean = x.mean(dim=[0, *range(2, len(shape))])
    variance = ((x - mean.view(place)) ** 2).mean(dim=[0, *range(2, len(shape))])
    x_hat = (x - mean.view(place)) / torch.sqrt(variance + layer.eps).view(place)
    y = weight.view(place) * x_hat + bias.view(place)
    # The variance's own part of the mean's gradient is 0, so autograd finds the same sum.
    names = {"grad_mean": mean, "grad_variance": variance, "grad_x_hat": x_hat, "grad_x": x}
    names |= {"grad_weight": weight, "grad_bias": bias}
    back = backward(layer, grad_y)
    theirs = torch.autograd.grad(y, list(names.values()), torch.tensor(grad_y))
    for name, gradient in zip(names, theirs, strict=True):
        equal(getattr(back, name), gradient.numpy())


@pytest.mark.parametrize("eps", [0.0, 1e-5, 1e-3, 1.0])
@pytest.mark.parametrize("shape", [(2, 2), (7, 3), (3, 2, 4, 5)])
class TestOfAnyMinibatch:
    """Laws O1 to O4 and O6: of every shape and eps."""

    def test_x_hat_has_mean_zero_and_variance_v_over_v_plus_eps(
        self, shape: tuple[int, ...], eps: float
    ) -> None:
        layer, _ = random_layer(*shape, eps=eps)
        m = layer.x.size / shape[1]
        equal(over_batch(layer.x_hat) / m, 0.0)
        equal(over_batch(layer.x_hat**2) / m, layer.variance / (layer.variance + eps))

    def test_gamma_the_std_and_beta_the_mean_give_x_back(
        self, shape: tuple[int, ...], eps: float
    ) -> None:
        layer, _ = random_layer(*shape, eps=eps)
        equal(forward(layer.x, layer.std, layer.mean, eps=eps).y, layer.x)

    def test_the_gradient_has_its_closed_form(self, shape: tuple[int, ...], eps: float) -> None:
        layer, g = random_layer(*shape, eps=eps)
        back, m = backward(layer, g), layer.x.size / shape[1]

        def across(vector: Array) -> Array:
            return vector.reshape(-1, *[1] * (len(shape) - 2))

        total, turn = over_batch(g), over_batch(g * layer.x_hat)
        inner = m * g - across(total) - layer.x_hat * across(turn)
        equal(back.grad_x, across(layer.weight / (m * layer.std)) * inner)
        equal(back.grad_weight, turn)
        equal(back.grad_bias, total)

    def test_the_gradient_of_x_sums_to_zero_so_a_bias_before_it_learns_nothing(
        self, shape: tuple[int, ...], eps: float
    ) -> None:
        layer, g = random_layer(*shape, eps=eps)
        equal(over_batch(backward(layer, g).grad_x), 0.0)
        moved = forward(layer.x + 5.0, layer.weight, layer.bias, eps=eps)
        equal(moved.y, layer.y)

    def test_the_gradient_of_x_is_across_x_hat_only_without_eps(
        self, shape: tuple[int, ...], eps: float
    ) -> None:
        layer, g = random_layer(*shape, eps=eps)
        back = backward(layer, g)
        share = eps / (layer.variance + eps)
        along = over_batch(back.grad_x * layer.x_hat)
        equal(along, layer.weight * back.grad_weight / layer.std * share)

    def test_training_mode_follows_a_permutation_of_the_batch(
        self, shape: tuple[int, ...], eps: float
    ) -> None:
        layer, g = random_layer(*shape, eps=eps)
        order = np.random.default_rng(1).permutation(shape[0])
        moved = forward(layer.x[order], layer.weight, layer.bias, eps=eps)
        equal(moved.y, layer.y[order])
        equal(backward(moved, g[order]).grad_x, backward(layer, g).grad_x[order])


def test_the_length_of_the_gradient_loses_two_directions() -> None:
    layer, g = random_layer(9, 4, eps=0.0)
    total, turn = g.sum(0), (g * layer.x_hat).sum(0)
    left = (g**2).sum(0) - total**2 / 9 - turn**2 / 9
    grad_x = backward(layer, g).grad_x
    equal((grad_x**2).sum(0), layer.weight**2 / layer.variance * left)


@pytest.mark.parametrize("a", [0.25, 3.0, 1e3, -2.0])
def test_scaled_weights_before_it_change_nothing_but_their_own_gradient(a: float) -> None:
    rng = np.random.default_rng(2)
    u, w, g = rng.normal(size=(8, 5)), rng.normal(size=(3, 5)), rng.normal(size=(8, 3))
    gamma, beta = rng.normal(size=3), rng.normal(size=3)
    plain = forward(u @ w.T, gamma, beta, eps=0.0)
    scaled = forward(u @ (a * w).T, gamma, beta, eps=0.0)
    equal(scaled.x_hat, math.copysign(1, a) * plain.x_hat)
    grad_w = backward(plain, g).grad_x.T @ u
    equal((w * grad_w).sum(1), 0.0)
    if a > 0:
        equal(backward(scaled, g).grad_x.T @ u, grad_w / a)


def _descend(w: Array, lr: float, *, steps: int) -> tuple[list[Array], list[Array]]:
    """Gradient descent of weights before a layer towards fixed outputs: weights and outputs."""
    rng = np.random.default_rng(3)
    u, wanted = rng.normal(size=(10, 4)), rng.normal(size=(10, len(w)))
    weights, outputs = [w], []
    for _ in range(steps):
        layer = forward(u @ w.T, np.ones(len(w)), np.zeros(len(w)), eps=0.0)
        outputs.append(layer.y)
        w = w - lr * backward(layer, (layer.y - wanted) / len(u)).grad_x.T @ u
        weights.append(w)
    return weights, outputs


def test_gradient_descent_only_lengthens_the_weights_before_it() -> None:
    lr = 0.3
    w, _ = _descend(np.random.default_rng(4).normal(size=(2, 4)), lr, steps=6)
    for old, new in itertools.pairwise(w):
        step = ((new - old) ** 2).sum(1)  # lr² times the squared gradient
        assert (step > 0).all()
        equal((new**2).sum(1), (old**2).sum(1) + step)


@pytest.mark.parametrize("a", [0.5, 7.0])
def test_weights_times_a_learn_the_same_with_their_rate_times_a_squared(a: float) -> None:
    w = np.random.default_rng(5).normal(size=(2, 4))
    weights, outputs = _descend(w, 0.3, steps=8)
    scaled_weights, scaled_outputs = _descend(a * w, 0.3 * a**2, steps=8)
    equal(np.array(scaled_outputs), np.array(outputs))
    equal(np.array(scaled_weights), a * np.array(weights))


@given(st.floats(-10, 10), st.floats(1e-3, 10), st.floats(1e-6, 1.0))
def test_of_two_values_x_hat_is_plus_and_minus_the_same(
    x: float, distance: float, eps: float
) -> None:
    d = (x + distance) - x
    layer = forward([[x + distance], [x]], [1.0], [0.0], eps=eps)
    half = (d / 2) / math.sqrt(d**2 / 4 + eps)
    equal(layer.x_hat[:, 0], np.array([half, -half]))


def test_the_mean_of_a_batch_scatters_by_sigma_over_the_root_of_m() -> None:
    population, m = np.array([1.0, 2.0, 5.0, 11.0]), 3
    batches = np.array(list(itertools.product(population, repeat=m))).T  # every batch there is
    equal(np.std(batch_mean(batches)), np.std(population) / math.sqrt(m))


ONE_VALUE = [(1, 3), (1, 3, 1, 1), (1, 1)]
ENOUGH = [(2, 3), (1, 3, 4, 4), (1, 3, 1, 2)]


@pytest.mark.parametrize("shape", [*ONE_VALUE, *ENOUGH])
def test_one_value_a_unit_is_refused_where_torch_refuses_it(shape: tuple[int, ...]) -> None:
    x, ones = np.ones(shape), np.ones(shape[1])
    if shape in ONE_VALUE:
        with pytest.raises(OneValueError, match=r"x must have two or more .* is its own mean"):
            forward(x, ones, ones)
        with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
            F.batch_norm(torch.tensor(x), None, None, training=True)
    else:
        assert forward(x, ones, ones).y.shape == shape
        F.batch_norm(torch.tensor(x), None, None, training=True)


X, W = np.arange(6.0).reshape(3, 2), np.ones(2)
WRONG = [
    ("x must be an array with 2 or 4 axes", X[:, 0], W, W, 1e-5),
    (r"x must be .*\(got shape \(0, 2\)", X[:0], W, W, 1e-5),
    ("x must be numbers up to 1e\\+60", [[np.nan, 1], [0, 1]], W, W, 1e-5),
    (r"x must be .*\(got -inf", [[0, -np.inf], [0, 1]], W, W, 1e-5),
    (r"x must be .*\(got 1e\+200", [[1e200, 1], [0, 1]], W, W, 1e-5),
    ("weight must be \\(2,\\)", X, np.ones(3), W, 1e-5),
    ("bias must be \\(2,\\)", X, W, np.ones(1), 1e-5),
    ("bias must be an array with 1 axes", X, W, 1.0, 1e-5),
    ("eps must be 0 or more", X, W, W, -1e-5),
    (r"eps must be .*\(got nan", X, W, W, np.nan),
]


@pytest.mark.parametrize(("sentence", "x", "weight", "bias", "eps"), WRONG)
def test_what_does_not_fit_is_refused_with_a_sentence(
    sentence: str, x: Array, weight: Array, bias: Array, eps: float
) -> None:
    with pytest.raises(ValueError, match=sentence):
        forward(x, weight, bias, eps=eps)


def test_a_gradient_of_another_shape_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"grad_y must be that of x"):
        backward(forward(X, W, W), np.ones((2, 2)))
