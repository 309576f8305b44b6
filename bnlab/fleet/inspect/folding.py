"""Folding batch norm for inference: its scale and shift go into the linear layers.

In eval mode batch norm is y = k x + t for each feature, with k = weight / sqrt(running_var + eps)
and t = bias - k running_mean. After a linear layer, that is y = (k W) x + (k b + t); before one,
y = (W k) x + (W t + b).

Source: Jacob et al. 2018 (1712.05877), section 3.2.
"""

from __future__ import annotations

import math
import time

import numpy as np
import torch
from torch import Tensor

from bnlab.fleet.inspect.questions import Answer, Inside
from bnlab.fleet.inspect.single_network import Alone
from bnlab.fleet.nn.architectures import ARCHITECTURES, shapes_of
from bnlab.fleet.nn.batch_norm import BatchNorm
from bnlab.fleet.nn.conv_layer import ConvLayer
from bnlab.fleet.nn.dense import HiddenLayer, Network
from bnlab.fleet.nn.norms import Norm
from bnlab.fleet.nn.parameters import Blocks
from bnlab.results.frames import Array
from bnlab.spec.fields import refusal


def fold(inside: Inside, *, member: int, batch_size: int, repeats: int) -> Answer:
    """See `bnlab.lab.workers.protocol.queries.Fold`.

    Raises:
        ValueError: too much work, or the norm cannot be folded.
    """
    alone = Alone.of(inside, member)
    alone.check_work(2 * (repeats * batch_size + len(alone.labels("test"))))
    before, after = alone.network, folded(alone.network)
    x = alone.inputs("test")
    logits = alone.logits(x)
    seconds = _times((before, after), _batch_of(x, batch_size), repeats)
    numbers = {
        "difference": (logits - Alone(after, alone.data).logits(x)).abs().max().item(),
        "logits_scale": logits.abs().max().item(),
        "operations_before": operations(before),
        "operations_after": operations(after),
        "parameters_before": before.parameters.flat.numel(),
        "parameters_after": after.parameters.flat.numel(),
        "statistics_before": sum(2 * norm.features for norm in before.batch_norms()),
    }
    arrays = {name: np.asarray(number, np.float64) for name, number in numbers.items()}
    return arrays | {"seconds_before": seconds[0], "seconds_after": seconds[1]}


def folded(network: Network) -> Network:
    """A network of one member without norms that computes the same function in eval mode.

    Raises:
        ValueError: its norm is not batch norm, or has no linear layer to be folded into.
    """
    spec = network.spec
    if spec.norm.kind != "batch":
        raise refusal(
            "norm.kind",
            spec.norm.kind,
            "batch: only its statistics are the same for every example in eval mode",
        )
    if any(layer.has_skip and not layer.norm_is_first for layer in network.hidden):
        raise refusal(
            "network.norm_placement",
            "after with skip connections",
            "before: behind the norm the skip is added, so no linear layer follows it directly",
        )
    if spec.image_layers and (spec.network.norm_on_input or not network.hidden[0].norm_is_first):
        raise refusal(
            "network.kind",
            f"{spec.network.kind} with the norm in front of a convolution",
            "the norm after the convolution: padding zeros see no shift of the bias",
        )
    plain = spec.replace({"norm.kind": "none", "network.norm_on_input": False})
    like = network.parameters.flat
    parameters = Blocks.allocate(shapes_of(plain), 1, device=str(like.device), dtype=like.dtype)
    _copy_linears(network.parameters, parameters)
    names = [f"{layer}.linear" for layer in range(spec.network.depth)] + ["output"]
    if network.input_norm is not None:
        _into_next(parameters, names[0], network.input_norm)
    for layer, hidden in enumerate(network.hidden):
        if hidden.norm_is_first:
            _into_previous(parameters, names[layer], hidden)
        else:
            _into_next(parameters, names[layer + 1], hidden.norm)
    return ARCHITECTURES[spec.network.kind](plain, parameters)


def operations(network: Network) -> int:
    """Multiply-adds and additions for one example in eval mode, without activations and skips.

    A linear layer takes fan_in * fan_out multiply-adds, and fan_out additions for a bias; batch
    norm, (x - mean) * scale + bias, an addition and a multiply-add per feature. A convolution and
    its norm take theirs at each position.
    """
    spec = network.spec
    positions = [layer.positions for layer in spec.image_layers] or [1] * spec.network.depth
    made = sum(
        times * (linear.weight[0].numel() + (0 if linear.bias is None else linear.bias[0].numel()))
        for times, linear in zip([*positions, 1], network.linears(), strict=True)
    )
    image = spec.data.facts.image if spec.image_layers else None
    of_norms = [math.prod(image[1:]) if image else 1] if network.input_norm else []
    norms = zip([*of_norms, *positions], network.batch_norms(), strict=False)  # there may be none
    return made + sum(2 * times * norm.features for times, norm in norms)


def _copy_linears(source: Blocks, target: Blocks) -> None:
    for name in target.shapes:
        if (values := source.get(name)) is not None:
            target[name].copy_(values)


def _scale_and_shift(norm: Norm) -> tuple[Tensor, Tensor]:
    """k and t (F,)."""
    if not isinstance(norm, BatchNorm):
        raise TypeError("Only batch norm is folded.")
    k = (norm.running_var + norm.spec.eps).rsqrt()
    if norm.weight is not None:
        k = k * norm.weight
    t = -k * norm.running_mean
    return k, t if norm.bias is None else t + norm.bias


def _into_previous(parameters: Blocks, name: str, layer: HiddenLayer) -> None:
    k, t = _scale_and_shift(layer.norm)
    weight, bias = parameters[f"{name}.weight"][0], parameters[f"{name}.bias"][0, :, 0]
    if isinstance(layer, ConvLayer):
        kernels = layer.layout.kernels
        parts = weight.view(-1).split([kernel.weights for kernel in kernels])
        for part, of_part in zip(
            parts, k.split([kernel.outputs for kernel in kernels]), strict=True
        ):
            part.view(len(of_part), -1).mul_(of_part[:, None])
    else:
        weight.mul_(k[:, None])
    bias.mul_(k).add_(t)


def _into_next(parameters: Blocks, name: str, norm: Norm) -> None:
    k, t = _scale_and_shift(norm)
    weight, bias = parameters[f"{name}.weight"][0], parameters[f"{name}.bias"][0, :, 0]
    bias.add_(weight @ t)
    weight.mul_(k)


def _batch_of(x: Tensor, size: int) -> Tensor:
    """A batch (1, F, size) of inputs, repeated from the start where there are too few."""
    chosen = torch.arange(size, device=x.device) % x.shape[1]
    return x[:, chosen].unsqueeze(0).contiguous()


def _times(networks: tuple[Network, Network], batch: Tensor, repeats: int) -> Array:
    """Seconds (2, repeats) for one batch in eval mode, alternating between the two networks.

    The first round of each is not counted: caches are cold.
    """
    seconds = np.empty((2, repeats + 1))
    for turn in range(repeats + 1):
        for place, network in enumerate(networks):
            start = time.perf_counter()
            network.forward(batch, training=False)[0, 0, 0].item()  # waits for the device
            seconds[place, turn] = time.perf_counter() - start
    return seconds[:, 1:]
