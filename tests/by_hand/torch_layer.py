"""Batch norm by torch itself, in float64: what the numbers of a layer example are held against."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch.nn import functional as F

from bnlab.by_hand.layer_example import LayerExample, example_of


def by_torch(example: LayerExample) -> dict[str, NDArray[np.float64]]:
    """Every number of the layer by its name in `bnlab.by_hand.batch_norm`.

    The outputs and the gradients of x, gamma and beta are those of F.batch_norm; the steps between,
    which it does not show, are torch's elementary operations and their gradients by autograd.
    """
    tensor = {
        name: torch.tensor(getattr(example, name), dtype=torch.float64)
        for name in ("x", "weight", "bias", "grad_y")
    }
    leaves = [tensor[name].requires_grad_() for name in ("x", "weight", "bias")]
    y = F.batch_norm(leaves[0], None, None, *leaves[1:], training=True, eps=example.eps)
    gradients = torch.autograd.grad(y, leaves, tensor["grad_y"])
    x, weight, bias = (leaf.detach() for leaf in leaves)
    mean = x.mean(0).requires_grad_()
    variance = x.var(0, unbiased=False).requires_grad_()
    centred = x - mean
    std = torch.sqrt(variance + example.eps)
    x_hat = centred / std
    x_hat.retain_grad()
    (weight * x_hat + bias).backward(tensor["grad_y"])
    assert x_hat.grad is not None and variance.grad is not None and mean.grad is not None
    found = {
        "x": x, "weight": weight, "bias": bias, "grad_y": tensor["grad_y"], "mean": mean,
        "centred": centred, "variance": variance, "std": std, "x_hat": x_hat, "y": y,
        "grad_x": gradients[0], "grad_weight": gradients[1], "grad_bias": gradients[2],
        "grad_x_hat": x_hat.grad, "grad_variance": variance.grad, "grad_mean": mean.grad,
    }  # fmt: skip
    return {name: value.detach().numpy() for name, value in found.items()}


def layer_examples() -> st.SearchStrategy[LayerExample]:
    """Well-scaled layer examples of any size that can be typed."""
    number = st.integers(-40, 40).map(lambda n: n / 10)

    @st.composite
    def draw_example(draw: st.DrawFn) -> LayerExample:
        rows, columns = draw(st.integers(2, 9)), draw(st.integers(1, 8))
        row = st.lists(number, min_size=columns, max_size=columns)
        table = st.lists(row, min_size=rows, max_size=rows)
        x = np.array(draw(table)) + np.linspace(0, 1, rows)[:, None]  # no column is constant
        return example_of(
            x,
            weight=draw(row),
            bias=draw(row),
            eps=draw(st.sampled_from([1e-5, 1e-3, 0.1])),
            grad_y=draw(table),
        )

    return draw_example()
