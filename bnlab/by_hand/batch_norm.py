r"""Batch norm in numpy, one named step after another: forward, backward, and for inference.

It follows algorithm 1 of Ioffe & Szegedy 2015 (1502.03167) and the chain rule of its section 3.
Inputs are (N, F), or (N, C, H, W) with one unit per channel; i runs over the m values that a
minibatch has for one unit, m = N or N·H·W. Quantities of a unit are (F,). Everything is float64.

    layer = forward(x, weight, bias)
    for step in layer:
        print(step.title, step.value)
    back = backward(layer, grad_y)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from bnlab.by_hand.formulas import substitute as substitute
from bnlab.by_hand.record import Array as Array
from bnlab.by_hand.record import Backward as Backward
from bnlab.by_hand.record import Forward as Forward
from bnlab.spec.fields import refusal

Convention = Literal["torch", "keras", "onnx"]

LARGEST = 1e60  # largest magnitude of an input: products and cubes of such numbers do not overflow


class OneValueError(ValueError):
    """There is only one value to average: it is its own mean, so nothing is left of it."""


def forward(x: ArrayLike, weight: ArrayLike, bias: ArrayLike, *, eps: float = 1e-5) -> Forward:
    """Normalize a minibatch: y = weight * (x - mean) / sqrt(variance + eps) + bias.

    Args:
        x: (N, F) or (N, C, H, W), up to 1e60 in magnitude.
        weight, bias: (F,) gamma and beta.
        eps: added to the variance, 0 or more. With 0, a unit of equal values is 0/0: NaN.

    Raises:
        OneValueError: the minibatch has only one value per unit.
        ValueError: shapes that do not fit; values that are not numbers, or too large.

    Source: Ioffe & Szegedy 2015 (1502.03167), algorithm 1.
    """
    x = as_numbers("x", x, axes=(2, 4))
    weight, bias = as_numbers("weight", weight), as_numbers("bias", bias)
    _check_units(x.shape[1], eps, weight=weight, bias=bias)
    if x.size == x.shape[1]:
        raise OneValueError(
            f"x must have two or more values per unit (got one, with shape {x.shape}): "
            "one value is its own mean, so subtracting the mean leaves nothing."
        )
    mean = batch_mean(x)
    centred = centre(x, _across(mean, x))
    variance = batch_variance(centred)
    std = np.sqrt(variance + eps)
    with np.errstate(invalid="ignore"):
        x_hat = centred / _across(std, x)
    y = _across(weight, x) * x_hat + _across(bias, x)
    return Forward(x, weight, bias, eps, mean, centred, variance, std, x_hat, y)


def backward(forward: Forward, grad_y: ArrayLike) -> Backward:
    """Propagate the gradient of the loss from y back to bias, weight and x, by the chain rule.

    Args:
        forward: of the same minibatch.
        grad_y: shaped like x.

    Raises:
        ValueError: grad_y has a different shape, or holds values that are not numbers.

    Source: Ioffe & Szegedy 2015 (1502.03167), section 3.
    """
    x, m, centred, std = forward.x, forward.m, forward.centred, forward.std
    grad_y = as_numbers("grad_y", grad_y, axes=(x.ndim,))
    if grad_y.shape != x.shape:
        raise refusal("grad_y", f"shape {grad_y.shape}", f"that of x, {x.shape}")
    grad_bias = _total(grad_y)
    grad_weight = _total(grad_y * forward.x_hat)
    grad_x_hat = grad_y * _across(forward.weight, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        grad_variance = -1 / (2 * std**3) * _total(grad_x_hat * centred)
        grad_mean = -1 / std * _total(grad_x_hat) - grad_variance * 2 / m * _total(centred)
        grad_x = (
            grad_x_hat / _across(std, x)
            + _across(grad_variance, x) * 2 * centred / m
            + _across(grad_mean, x) / m
        )
    return Backward(
        forward, grad_y, grad_bias, grad_weight, grad_x_hat, grad_variance, grad_mean, grad_x
    )


def batch_mean(x: Array) -> Array:
    """The mean of each unit (F,)."""
    return mean_over(x, _batch_axes(x)).reshape(-1)


def batch_variance(centred: Array) -> Array:
    """The mean square of each unit's centred values (F,): the biased variance."""
    return (centred**2).mean(axis=_batch_axes(centred))


def mean_over(values: Array, axes: tuple[int, ...]) -> Array:
    """The mean over some axes, kept with length 1: the first value plus the mean distance from it.

    So the mean of equal values is exact, and values that are close together lose no digits.
    """
    starts = (slice(0, 1) if axis in axes else slice(None) for axis in range(values.ndim))
    first = values[tuple(starts)]
    return first + (values - first).mean(axis=axes, keepdims=True)


def centre(values: Array, mean: Array) -> Array:
    """Values minus their mean (length 1 where it was taken), corrected for the mean's rounding."""
    centred = values - mean
    axes = tuple(axis for axis, size in enumerate(mean.shape) if size == 1)
    return centred - mean_over(centred, axes)


@dataclass(frozen=True, eq=False)
class Running:
    """The running statistics (F,), used in inference in place of the minibatch's."""

    mean: Array
    var: Array

    @classmethod
    def start(cls, features: int) -> Running:
        """Before the first minibatch: mean 0, variance 1."""
        return cls(np.zeros(features), np.ones(features))


def update_running(
    running: Running,
    forward: Forward,
    *,
    momentum: float | None = 0.1,
    convention: Convention = "torch",
    batches: int = 0,
) -> Running:
    """The running statistics after one more minibatch: old + share * (new - old).

    Args:
        running: before it.
        forward: the minibatch.
        momentum: in 0..1. In torch it is the weight of the new value, in Keras and ONNX that of the
            old one, so that torch's 0.1 is 0.9 there. None, in torch only: the plain average of
            all minibatches so far.
        convention: whose definition. Torch keeps the unbiased variance, divided by m - 1; Keras 3
            and ONNX keep the biased one, divided by m. (Keras' defaults are a momentum of 0.99 and
            an eps of 1e-3, ONNX's 0.9 and 1e-5.)
        batches: how many minibatches were seen before this one, for momentum None.

    Raises:
        ValueError: a momentum or convention that is not allowed.
    """
    if convention not in ("torch", "keras", "onnx"):
        raise refusal("convention", f"{convention!r}", "torch, keras or onnx")
    if momentum is None and convention == "torch":
        share = 1 / (batches + 1)
    elif momentum is None or not 0 <= momentum <= 1:
        raise refusal("momentum", momentum, "0 to 1, or None with torch")
    else:
        share = momentum if convention == "torch" else 1 - momentum
    unbiased = forward.m / (forward.m - 1) if convention == "torch" else 1
    mean = (1 - share) * running.mean + share * forward.mean
    return Running(mean, (1 - share) * running.var + share * unbiased * forward.variance)


def infer(
    x: ArrayLike, weight: ArrayLike, bias: ArrayLike, *, running: Running, eps: float = 1e-5
) -> Array:
    """y in eval mode, for each example alone: weight * (x - r_mean) / sqrt(r_var + eps) + bias.

    Args:
        x: (N, F) or (N, C, H, W); one example is enough.
        weight, bias: (F,) gamma and beta.
        running: statistics (F,).
        eps: as in training.

    Source: Ioffe & Szegedy 2015 (1502.03167), algorithm 2.
    """
    x = as_numbers("x", x, axes=(2, 4))
    weight, bias = as_numbers("weight", weight), as_numbers("bias", bias)
    _check_units(x.shape[1], eps, weight=weight, bias=bias, running=running.mean)
    std = np.sqrt(running.var + eps)
    with np.errstate(divide="ignore", invalid="ignore"):
        x_hat = (x - _across(running.mean, x)) / _across(std, x)
    return _across(weight, x) * x_hat + _across(bias, x)


def fold(
    linear_weight: ArrayLike,
    linear_bias: ArrayLike | None,
    weight: ArrayLike,
    bias: ArrayLike,
    *,
    running: Running,
    eps: float = 1e-5,
) -> tuple[Array, Array]:
    """Fold batch norm (eval mode) into the layer before it: W' = k W, b' = k (b - r_mean) + beta.

    k = weight / sqrt(r_var + eps), one number for each output of that layer.

    Args:
        linear_weight: (out, in), or (out, in, kh, kw) of a convolution.
        linear_bias: (out,), or None.
        weight, bias: (out,) gamma and beta.
        running: statistics (out,).
        eps: as in training.
    """
    w = as_numbers("linear_weight", linear_weight, axes=(2, 4))
    b = as_numbers("linear_bias", np.zeros(len(w)) if linear_bias is None else linear_bias)
    weight, bias = as_numbers("weight", weight), as_numbers("bias", bias)
    _check_units(len(w), eps, linear_bias=b, weight=weight, bias=bias, running=running.mean)
    k = weight / np.sqrt(running.var + eps)
    return k.reshape(-1, *(1,) * (w.ndim - 1)) * w, k * (b - running.mean) + bias


def as_numbers(name: str, values: ArrayLike, *, axes: tuple[int, ...] = (1,)) -> Array:
    """Values as float64; ValueError for another number of axes or values that are not numbers."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim not in axes or array.size == 0:
        allowed = " or ".join(map(str, axes))
        raise refusal(name, f"shape {array.shape}", f"an array with {allowed} axes, none empty")
    wrong = array[~(np.abs(array) <= LARGEST)]
    if wrong.size:
        raise refusal(name, wrong[0], f"numbers up to {LARGEST} in magnitude")
    return array


def _across(vector: Array, x: Array) -> Array:
    """One number per unit (F,) as (1, F) or (1, F, 1, 1), to be broadcast with x."""
    return vector.reshape(1, -1, *(1,) * (x.ndim - 2))


def _batch_axes(x: Array) -> tuple[int, ...]:
    """Every axis except that of the units."""
    return (0, *range(2, x.ndim))


def _total(x: Array) -> Array:
    """The sum over the minibatch (F,)."""
    return x.sum(axis=_batch_axes(x))


def _check_units(units: int, eps: float, **vectors: Array) -> None:
    for name, vector in vectors.items():
        if vector.shape != (units,):
            raise refusal(name, f"shape {vector.shape}", f"({units},)")
    if not 0 <= eps <= LARGEST:
        raise refusal("eps", eps, "0 or more")
