"""Single layers without a run: torch against the layer by hand, and a convolution of digits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from torch import nn

from bnlab.by_hand import batch_norm
from bnlab.fleet.inspect.torch_layers import batch_norm_by_torch, digit_activations

NUMBER = st.floats(-100, 100).map(lambda number: round(number, 3))


@st.composite
def layers(draw: st.DrawFn) -> dict[str, np.ndarray]:
    """Inputs of a layer: (N, F) tables and vectors."""
    n, f = draw(st.integers(2, 12)), draw(st.integers(1, 5))
    table = st.lists(st.lists(NUMBER, min_size=f, max_size=f), min_size=n, max_size=n)
    vector = st.lists(NUMBER, min_size=f, max_size=f)
    parts = {"x": table, "weight": vector, "bias": vector, "grad_y": table}
    return {name: np.array(draw(values)) for name, values in parts.items()}


def as_tuples(values: np.ndarray) -> tuple:  # type: ignore[type-arg]
    return tuple(map(tuple, values.tolist())) if values.ndim == 2 else tuple(values.tolist())


@given(layers(), st.sampled_from([1e-5, 1e-3, 1.0]))
def test_torch_and_the_layer_by_hand_agree(given: dict[str, np.ndarray], eps: float) -> None:
    answer = batch_norm_by_torch(
        **{name: as_tuples(values) for name, values in given.items()}, eps=eps
    )
    forward = batch_norm.forward(given["x"], given["weight"], given["bias"], eps=eps)
    backward = batch_norm.backward(forward, given["grad_y"])
    running = batch_norm.update_running(
        batch_norm.Running.start(given["x"].shape[1]), forward, momentum=0.1
    )
    expected = {
        "y": forward.y,
        "grad_x": backward.grad_x,
        "grad_weight": backward.grad_weight,
        "grad_bias": backward.grad_bias,
        "running_mean": running.mean,
        "running_var": running.var,
    }
    assert answer.keys() == expected.keys()
    for name, values in expected.items():
        assert answer[name].dtype == np.float64
        scale = max(1.0, np.abs(values).max())
        np.testing.assert_allclose(answer[name], values, atol=1e-9 * scale, err_msg=name)


@pytest.mark.parametrize(
    ("rows", "eps", "words"),
    [(1, 1e-5, "Expected more than 1 value per channel"), (2, 0.0, "eps must be positive")],
)
def test_what_torch_refuses_is_refused_in_its_words(rows: int, eps: float, words: str) -> None:
    x = ((1.0,),) * rows
    with pytest.raises(ValueError, match=words):
        batch_norm_by_torch(x=x, weight=(1.0,), bias=(0.0,), eps=eps, grad_y=x)


def test_activations_are_real_digits_through_a_convolution() -> None:
    answer = digit_activations(examples=4, channels=3, size=8, seed=7)
    digits = load_digits()
    conv = nn.Conv2d(1, 3, 3, padding=1, bias=False, dtype=torch.float64)
    weight = np.random.default_rng([7, 2]).normal(0.0, np.sqrt(2 / 9), (3, 1, 3, 3))
    conv.weight.data = torch.tensor(weight)
    order = np.random.default_rng([7, 0]).permutation(len(digits.target))[:4]
    expected = conv(torch.tensor(digits.images[order, None] / 16)).detach().numpy()
    np.testing.assert_allclose(answer["x"], expected, atol=1e-12)
    np.testing.assert_array_equal(answer["labels"], digits.target[order])


def test_smaller_maps_are_averages_of_the_whole_ones() -> None:
    whole = digit_activations(examples=2, channels=2, size=8, seed=0)["x"]
    half = digit_activations(examples=2, channels=2, size=4, seed=0)["x"]
    means = whole.reshape(2, 2, 4, 2, 4, 2).mean((3, 5))
    np.testing.assert_allclose(half, means, atol=1e-12)
