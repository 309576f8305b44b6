"""Equations that hold exactly for batch norm, checked on the layers of trained networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bnlab.fleet.measurements.fleets import Measuring, trained
from bnlab.fleet.nn.norms import Norm
from bnlab.fleet.train import Fleet
from bnlab.results.frames import Array
from bnlab.spec.fields import refusal
from bnlab.spec.member import MemberSpec

_CHANCE = 0x1DE47  # the stream of random gradients


@torch.inference_mode()
def identities(specs: Sequence[MemberSpec]) -> Measuring:
    """Train networks in float64, and check each of their norms against the equations.

    The norm of each hidden layer normalizes the inputs x (m values per unit) of a minibatch, and
    gets random g = dL/dy for its backward pass. With v the biased variance and s = sqrt(v + eps):

        mean        mean x_hat = 0
        variance    var x_hat = v / (v + eps)
        undone      y = x for gamma = s, beta = mean x
        backward    dL/dx = gamma / (m s) (m g - sum g - x_hat sum(g x_hat))
        gamma       dL/dgamma = sum g x_hat, dL/dbeta = sum g
        shift       sum dL/dx = 0
        stretch     sum dL/dx x_hat = gamma / s  dL/dgamma  eps / (v + eps)
        length      ||dL/dx||^2 = gamma^2 / s^2 (||g||^2 - (sum g)^2 / m - (sum g x_hat)^2 / m)

    The last is for eps = 0, with dL/dx by autograd.

    Args:
        specs: dense networks whose norms have gamma and beta and stand before the activation.

    Returns:
        The deviations (M,) by these names: the largest difference of the two sides over units and
        layers; for all but the first two, in units of the largest value.
        spread (M,): the mean variance of x_hat.
        inputs (M,): root mean square of the mean inputs of the second and later linear layers,
            each in units of its standard deviation: these are not normalized.
    """
    found = []
    for spec in specs:
        fleet = yield from trained([spec], dtype=torch.float64)
        fleet.find_gradients()
        found.append(_of_network(fleet, spec))
        yield
    return {name: np.array([one[name] for one in found]) for name in found[0]}


def _of_network(fleet: Fleet, spec: MemberSpec) -> dict[str, float]:
    rng = np.random.default_rng([spec.seed, _CHANCE])
    layers, inputs = [], []
    for layer in fleet.network.hidden:
        if layer is not fleet.network.hidden[0]:
            inputs.append(_standing(layer.linear.x[0]))
        x = layer.linear.forward(layer.linear.x)
        g = torch.from_numpy(rng.standard_normal(x.shape))
        layers.append(_of_layer(layer.norm, x, g, eps=spec.norm.eps))
    largest = {name: max(one[name] for one in layers) for name in layers[0] if name != "spread"}
    return largest | {
        "spread": float(np.mean([one["spread"] for one in layers])),
        "inputs": float(np.sqrt(np.mean(np.square(np.concatenate(inputs))))),
    }


def _standing(h: Tensor) -> Array:
    """Mean over standard deviation of each feature of h (F, N) that varies."""
    std, mean = torch.std_mean(h, 1)
    standing: Array = (mean / std)[std > 0].numpy()
    return standing


def _of_layer(norm: Norm, x: Tensor, g: Tensor, *, eps: float) -> dict[str, float]:
    """All deviations of one norm for x, with dL/dy = g: (1, F, N) each."""
    weight, bias = norm.weight, norm.bias
    if weight is None or bias is None:
        raise refusal("norm.affine", "no gamma or no beta", "both")
    m = x.shape[2]
    v, mean = torch.var_mean(x, 2, correction=0, keepdim=True)
    s = (v + eps).sqrt()
    norm.forward(x, training=True)
    x_hat = norm.normalized().clone()
    dx = norm.backward(g)
    sums, products = g.sum(2, keepdim=True), (g * x_hat).sum(2, keepdim=True)
    gamma = weight.view(1, -1, 1)
    by_hand = gamma / (m * s) * (m * g - sums - x_hat * products)
    learned = torch.stack([norm.weight_gradient.view(-1), norm.bias_gradient.view(-1)])
    along = (dx * x_hat).sum(2, keepdim=True)
    kept = weight.clone(), bias.clone()
    weight.copy_(s.view_as(weight))
    bias.copy_(mean.view_as(bias))
    undone = norm.forward(x, training=True).clone()
    weight.copy_(kept[0])
    bias.copy_(kept[1])
    squares = _squared_length(x, g, gamma)
    return {
        "mean": x_hat.mean(2).abs().max().item(),
        "variance": (x_hat.var(2, correction=0) - (v / (v + eps))[..., 0]).abs().max().item(),
        "undone": _apart(undone, x),
        "backward": _apart(dx, by_hand),
        "gamma": _apart(learned, torch.stack([products.view(-1), sums.view(-1)])),
        "shift": (dx.sum(2).abs() / dx.abs().sum(2)).max().item(),
        "stretch": _apart(along, gamma / s * products * eps / (v + eps), (dx * x_hat).abs().sum(2)),
        "length": _apart(*squares),
        "spread": x_hat.var(2, correction=0).mean().item(),
    }


def _squared_length(x: Tensor, g: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor]:
    """||dL/dx||^2 (1, F) at eps = 0: from autograd, and from the equation."""
    with torch.inference_mode(mode=False), torch.enable_grad():
        leaf, sent, factor = x.clone().requires_grad_(), g.clone(), gamma.clone()
        v, mean = torch.var_mean(leaf, 2, correction=0, keepdim=True)
        x_hat = (leaf - mean) / v.sqrt()
        [dx] = torch.autograd.grad(factor * x_hat, leaf, sent)
    m = x.shape[2]
    projected = g.square().sum(2) - g.sum(2) ** 2 / m - (g * x_hat.detach()).sum(2) ** 2 / m
    expected = gamma[..., 0] ** 2 / v.detach()[..., 0] * projected
    return dx.square().sum(2), expected


def _apart(one: Tensor, other: Tensor, size: Tensor | None = None) -> float:
    """The largest difference, in units of the largest number."""
    scale = (one if size is None else size).abs().max()
    return float((one - other).abs().max() / scale)
