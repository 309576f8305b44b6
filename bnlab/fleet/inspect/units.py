"""One unit of one layer, for the microscope."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from bnlab.fleet.inspect.questions import Answer, Inside, check_index, to_numpy
from bnlab.fleet.inspect.single_network import Alone
from bnlab.fleet.nn.batch_norm import BatchNorm
from bnlab.fleet.nn.conv_layer import ConvLayer
from bnlab.fleet.nn.dense import HiddenLayer, Network
from bnlab.fleet.nn.loss import cross_entropy
from bnlab.results.frames import Array

MOST_VALUES = 1024  # in an answer: the size of the largest minibatch


def unit(inside: Inside, *, member: int, layer: int, unit: int) -> Answer:
    """See `bnlab.lab.workers.protocol.queries.Unit`.

    Raises:
        ValueError: there is no such layer or unit.
    """
    network = Alone.of(inside, member).network
    check_index("layer", layer, len(network.hidden))
    check_index("unit", unit, network.spec.network.width)
    seen = network.hidden[layer]
    running = _running(seen, unit)  # before the forward, which would move them
    x, target, masks = inside.minibatch_of(member)
    logits = network.forward(x, training=True, masks=masks, keep=True)
    grad_y = _grad_y(network, layer, cross_entropy(logits, target)[1])
    given = seen.z if seen.norm_is_first else seen.a
    values = {
        "x": given,
        "normalized": seen.norm.normalized(),
        "y": seen.norm.output(),
        "grad_y": grad_y,
    }
    of_unit = {name: to_numpy(seen.shown(value)[0, unit]) for name, value in values.items()}
    numbers = {
        "mean": of_unit["x"].mean(dtype=np.float64),
        "var": of_unit["x"].var(dtype=np.float64),
        **_learned(seen, unit),
        **running,
        "eps": seen.norm.spec.eps,
        "step": inside.step,
        "is_batch": isinstance(seen.norm, BatchNorm),
    }
    arrays = {name: _thinned(value) for name, value in of_unit.items()}
    return arrays | {name: np.asarray(number, np.float64) for name, number in numbers.items()}


def _thinned(values: Array) -> Array:
    """Values (N,), evenly thinned where there are more than an answer holds."""
    if len(values) <= MOST_VALUES:
        return values
    return values[np.linspace(0, len(values) - 1, MOST_VALUES).astype(np.intp)]


def _grad_y(network: Network, layer: int, gradient: Tensor) -> Tensor:
    """dL/dy (M, F, N) of the output of one layer's norm, from dL/dlogits."""
    seen = network.hidden[layer]
    if isinstance(seen, ConvLayer):
        network.backward(gradient)
        return seen.y_gradient
    gradient = network.output.backward(gradient)
    for later in reversed(network.hidden[layer + 1 :]):
        gradient = later.backward(gradient, is_first=False)
    if seen.mask is not None:
        gradient = gradient * seen.mask
    return seen.activation.backward(gradient) if seen.norm_is_first else gradient


def _learned(seen: HiddenLayer, unit: int) -> dict[str, float]:
    """gamma and beta of a unit; 1 and 0 where they are not learned."""
    gamma, beta = seen.norm.weight, seen.norm.bias
    return {
        "weight": 1.0 if gamma is None else gamma.view(-1)[unit].item(),
        "bias": 0.0 if beta is None else beta.view(-1)[unit].item(),
    }


def _running(seen: HiddenLayer, unit: int) -> dict[str, float]:
    if not isinstance(seen.norm, BatchNorm):
        return {"running_mean": np.nan, "running_var": np.nan}
    return {
        "running_mean": seen.norm.running_mean[unit].item(),
        "running_var": seen.norm.running_var[unit].item(),
    }
