"""Single layers by torch, without a run: batch norm with autograd, and a convolution of digits."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from bnlab.data.datasets import WEIGHTS, load
from bnlab.fleet.inspect.questions import Answer, to_numpy
from bnlab.spec.member import DataSpec

Rows = tuple[tuple[float, ...], ...]


def batch_norm_by_torch(
    *, x: Rows, weight: tuple[float, ...], bias: tuple[float, ...], eps: float, grad_y: Rows
) -> Answer:
    """See `bnlab.lab.workers.protocol.queries.LayerByTorch`; always on the CPU, in float64.

    Raises:
        ValueError: torch refuses it: one row, or eps 0.
    """
    table, gamma, beta = (
        torch.tensor(values, dtype=torch.float64, requires_grad=True)
        for values in (x, weight, bias)
    )
    running_mean = torch.zeros(len(weight), dtype=torch.float64)
    running_var = torch.ones(len(weight), dtype=torch.float64)
    y = F.batch_norm(
        table, running_mean, running_var, gamma, beta, training=True, momentum=0.1, eps=eps
    )
    y.backward(torch.tensor(grad_y, dtype=torch.float64))
    found = {
        "y": y.detach(),
        "grad_x": table.grad,
        "grad_weight": gamma.grad,
        "grad_bias": beta.grad,
        "running_mean": running_mean,
        "running_var": running_var,
    }
    return {name: to_numpy(values) for name, values in found.items() if values is not None}


def digit_activations(*, examples: int, channels: int, size: int, seed: int) -> Answer:
    """See `bnlab.lab.workers.protocol.queries.Activations`.

    z = conv(x) of digits (N, 1, 8, 8) in 0..1 with weight (C, 1, 3, 3), N(0, 2 / 9), zero padding.
    """
    digits = load(DataSpec(name="digits", standardized=False), seed)
    x = torch.tensor(digits.x_train[:examples]).view(-1, 1, 8, 8)
    rng = np.random.default_rng([seed, WEIGHTS])
    weight = torch.tensor(rng.normal(0.0, np.sqrt(2 / 9), (channels, 1, 3, 3)))
    z = F.adaptive_avg_pool2d(F.conv2d(x, weight, padding=1), size)
    return {"x": to_numpy(z), "labels": digits.y_train[:examples]}
