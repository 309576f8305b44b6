"""Running statistics by hand, inference with them, and batch norm folded into the layer before."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.nn import functional as F

from bnlab.by_hand.batch_norm import Array, Running, fold, forward, infer, update_running

CLOSE = 1e-10
NUMBER = st.floats(-10, 10)
SHAPES = st.one_of(
    st.tuples(st.integers(2, 9), st.integers(1, 4)),
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(2, 4), st.integers(1, 4)),
)


def equal(got: Array, expected: Array | float) -> None:
    np.testing.assert_allclose(got, expected, rtol=CLOSE, atol=CLOSE)


def stretched(x: Array, *, eps: float = 1e-5) -> tuple[Array, Array, Array, Running]:
    """x, weight, bias and running statistics that are not those of x."""
    rng = np.random.default_rng(0)
    units = x.shape[1]
    running = Running(rng.normal(size=units), rng.uniform(0.1, 4.0, units))
    return x, rng.normal(size=units), rng.normal(size=units), running


@given(st.data(), SHAPES, st.none() | st.floats(0.0, 1.0), st.integers(1, 4))
def test_running_statistics_and_eval_mode_are_torchs(
    data: st.DataObject, shape: tuple[int, ...], momentum: float | None, batches: int
) -> None:
    eps, units = data.draw(st.floats(1e-5, 1.0)), shape[1]
    kind = torch.nn.BatchNorm1d if len(shape) == 2 else torch.nn.BatchNorm2d
    theirs = kind(units, eps=eps, momentum=momentum, affine=False, dtype=torch.float64)
    ours, ones = Running.start(units), np.ones(units)
    for seen in range(batches):
        x = data.draw(arrays(float, shape, elements=NUMBER))
        layer = forward(x, ones, 0 * ones, eps=eps)
        ours = update_running(ours, layer, momentum=momentum, batches=seen)
        theirs(torch.tensor(x))
    equal(ours.mean, theirs.running_mean.numpy())
    equal(ours.var, theirs.running_var.numpy())
    y = infer(x, ones, 0 * ones, running=ours, eps=eps)
    np.testing.assert_allclose(y, theirs.eval()(torch.tensor(x)).numpy(), rtol=CLOSE, atol=1e-9)


@pytest.mark.parametrize("momentum", [0.1, 0.01, 1.0])
@pytest.mark.parametrize("k", [1, 2, 10])
def test_after_k_equal_batches_the_start_counts_a_power_of_k(momentum: float, k: int) -> None:
    x = np.random.default_rng(1).normal(2.0, 3.0, (5, 3))
    layer, running = forward(x, np.ones(3), np.zeros(3)), Running.start(3)
    for _ in range(k):
        running = update_running(running, layer, momentum=momentum)
    start = (1 - momentum) ** k
    equal(running.mean, layer.mean * (1 - start))
    equal(running.var, np.var(x, axis=0, ddof=1) * (1 - start) + start)


@pytest.mark.parametrize("convention", ["keras", "onnx"])
def test_keras_and_onnx_weigh_the_old_value_and_keep_the_biased_variance(convention: str) -> None:
    x = np.random.default_rng(2).normal(2.0, 3.0, (4, 2))
    layer, old = (
        forward(x, np.ones(2), np.zeros(2)),
        Running(np.array([1.0, 2]), np.array([3.0, 4])),
    )
    new = update_running(old, layer, momentum=0.99, convention=convention)
    equal(new.mean, 0.99 * old.mean + 0.01 * x.mean(0))
    equal(new.var, 0.99 * old.var + 0.01 * x.var(0))
    torchs = update_running(old, layer, momentum=0.01)
    equal(torchs.mean, new.mean)
    equal(torchs.var - 0.99 * old.var, (new.var - 0.99 * old.var) * 4 / 3)


def test_the_cumulative_average_is_the_mean_over_all_batches() -> None:
    batches = np.random.default_rng(3).normal(size=(6, 5, 2))
    running = Running.start(2)
    for seen, x in enumerate(batches):
        layer = forward(x, np.ones(2), np.zeros(2))
        running = update_running(running, layer, momentum=None, batches=seen)
    equal(running.mean, batches.mean(1).mean(0))
    equal(running.var, batches.var(1, ddof=1).mean(0))


def test_the_statistics_before_are_left_as_they_were() -> None:
    old = Running.start(2)
    update_running(old, forward([[1.0, 2], [3, 5]], [1, 1], [0, 0]))
    assert old.mean.tolist() == [0, 0] and old.var.tolist() == [1, 1]


@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 2, 5)])
def test_in_eval_mode_an_output_does_not_depend_on_its_companions(shape: tuple[int, ...]) -> None:
    x, weight, bias, running = stretched(np.random.default_rng(4).normal(size=shape))
    together = infer(x, weight, bias, running=running)
    for n in range(len(x)):
        alone = infer(x[n : n + 1], weight, bias, running=running)
        assert (alone[0] == together[n]).all()
    training = forward(x, weight, bias).y
    assert np.abs(forward(x[:2], weight, bias).y - training[:2]).max() > 0.01


@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("eps", [1e-5, 1e-3, 0.0])
def test_a_linear_layer_with_batch_norm_folded_in_gives_the_same_outputs(
    has_bias: bool, eps: float
) -> None:
    rng = np.random.default_rng(5)
    u, w, b = rng.normal(size=(7, 4)), rng.normal(size=(3, 4)), rng.normal(size=3)
    _, weight, bias, running = stretched(np.zeros((1, 3)))
    w2, b2 = fold(w, b if has_bias else None, weight, bias, running=running, eps=eps)
    expected = infer(u @ w.T + has_bias * b, weight, bias, running=running, eps=eps)
    equal(u @ w2.T + b2, expected)


@pytest.mark.parametrize("has_bias", [True, False])
def test_a_convolution_with_batch_norm_folded_in_gives_the_same_outputs(has_bias: bool) -> None:
    rng = np.random.default_rng(6)
    images = torch.tensor(rng.normal(size=(2, 2, 6, 5)))
    w, b = rng.normal(size=(3, 2, 3, 2)), rng.normal(size=3) if has_bias else None
    _, weight, bias, running = stretched(np.zeros((1, 3)))
    w2, b2 = fold(w, b, weight, bias, running=running)
    before = F.conv2d(images, torch.tensor(w), None if b is None else torch.tensor(b)).numpy()
    after = F.conv2d(images, torch.tensor(w2), torch.tensor(b2)).numpy()
    equal(after, infer(before, weight, bias, running=running))


def test_eval_mode_takes_one_value() -> None:
    running = Running(np.array([1.0]), np.array([4.0]))
    assert infer([[3.0]], [2.0], [0.5], running=running, eps=0.0).tolist() == [[2.5]]


LAYER = forward([[1.0], [2.0]], [1.0], [0.0])
WRONG = [
    ({"momentum": 1.5}, "momentum must be 0 to 1, or None with torch"),
    ({"momentum": -0.1}, r"momentum must be .*\(got -0.1"),
    ({"momentum": None, "convention": "keras"}, r"momentum must be .*\(got None"),
    ({"convention": "jax"}, "convention must be torch, keras or onnx"),
]


@pytest.mark.parametrize(("arguments", "sentence"), WRONG)
def test_a_momentum_or_convention_that_is_not_allowed_is_refused(
    arguments: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        update_running(Running.start(1), LAYER, **arguments)  # type: ignore[arg-type]


def test_statistics_of_other_units_are_refused() -> None:
    three, two = Running.start(3), np.ones(2)
    with pytest.raises(ValueError, match=r"running must be \(2,\)"):
        infer(np.ones((4, 2)), two, two, running=three)
    with pytest.raises(ValueError, match=r"weight must be \(3,\)"):
        fold(np.ones((3, 2)), None, two, two, running=three)
