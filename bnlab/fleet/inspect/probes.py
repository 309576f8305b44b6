"""Measurements inside the networks on a fixed probe batch, which leave them unchanged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bnlab.fleet.inspect.histograms import MAX_VALUES, distributions
from bnlab.fleet.inspect.pictures import Pictures
from bnlab.fleet.inspect.statistics import LayerStatistics
from bnlab.fleet.minibatches import Feed
from bnlab.fleet.nn.batch_norm import BatchNorm
from bnlab.fleet.nn.dense import HiddenLayer, Network
from bnlab.fleet.nn.loss import cross_entropy
from bnlab.fleet.nn.norms import Norm
from bnlab.fleet.nn.optim import Optimizer
from bnlab.fleet.plan import FleetPlan
from bnlab.results.frames import Array, LayerStats, Quantity


class Probe:
    """Measures a fleet.

    A twin of the network, on the same parameters but with its own gradients and running
    statistics, runs forward and backward on the probe batch: in training mode, without dropout.
    """

    def __init__(
        self,
        plan: FleetPlan,
        network: Network,
        twin: Network,
        *,
        optimizer: Optimizer,
        feed: Feed,
    ) -> None:
        self.network, self.twin, self.optimizer = network, twin, optimizer
        self.batch = feed.probe_batch(plan.probe.size)
        self.watched = torch.tensor(plan.watched, device=feed.device, dtype=torch.int64)
        self.activation = plan.structure.network.activation
        self.has_images = plan.structure.network.kind != "dense"
        self.pictures = Pictures(plan, network)
        layer = plan.probe.layer
        self.statistics = (
            None if layer == "none" else LayerStatistics(plan, layer, network, twin, feed=feed)
        )

    def measure(
        self, quantities: Iterable[Quantity], *, pictures: bool, step: int
    ) -> dict[str, Any]:
        """The measured parts of a `Frame` by name."""
        logits = self.twin.forward(self.batch.x, training=True, keep=True)
        self.twin.backward(cross_entropy(logits, self.batch.target)[1])
        scalars = torch.cat([self._layer_scalars(), self._linear_scalars(step)], 1)  # one transfer
        depth = len(self.twin.hidden)
        names = ("dead", "saturated", "mean_gap", "var_gap", "gradient_norm", "update_ratio")
        parts = np.split(
            _numpy(scalars), [depth, 2 * depth, 3 * depth, 4 * depth, 5 * depth + 1], 1
        )
        layers = {quantity: self._layer_stats(quantity) for quantity in quantities}
        drawn = self.pictures.draw() if pictures else {}
        if self.statistics is not None:  # last: it changes the twin
            drawn["statistics"] = self.statistics.measure()
        return {**dict(zip(names, parts, strict=True)), "layers": layers, **drawn}

    def _layer_scalars(self) -> Tensor:
        """dead, saturated, mean_gap, var_gap side by side: (M, 4 L)."""
        hidden, columns = self.twin.hidden, []
        resting = [layer.shown(layer.activation.has_no_gradient()).all(2) for layer in hidden]
        flat = [layer.shown(layer.activation.is_flat(layer.a)).flatten(1) for layer in hidden]
        columns += [_share(is_so) for is_so in resting + flat]
        gaps = [
            _gaps(mine.norm, seen.norm)
            for mine, seen in zip(self.network.hidden, hidden, strict=True)
        ]
        columns += [mean_gap for mean_gap, _ in gaps] + [var_gap for _, var_gap in gaps]
        return torch.stack([column.to(self.batch.x.dtype) for column in columns], 1)

    def _linear_scalars(self, step: int) -> Tensor:
        """gradient_norm, update_ratio side by side: (M, 2 (L+1))."""
        names = [name for name in self.twin.parameters.shapes if _is_linear_weight(name)]
        parameters = self.twin.parameters
        gradient = [_norm(self.twin.gradients[name]) for name in names]
        updates = parameters.views_of(self.optimizer.last_update())
        ratio = [_norm(updates[name]) / _norm(parameters[name]) for name in names]
        if step == 0:
            ratio = [torch.full_like(column, torch.nan) for column in ratio]
        return torch.stack(gradient + ratio, 1)

    def _layer_stats(self, quantity: Quantity) -> LayerStats:
        values = [_values(layer, quantity) for layer in self.twin.hidden]
        if self.has_images:
            std, mean, seen = _of_images(values)
        else:
            stacked = torch.stack(values)  # L, M, F, N
            std, mean = torch.std_mean(stacked, (2, 3), correction=0)
            stride = -(-stacked[0, 0].numel() // MAX_VALUES)
            seen = stacked[:, :, ::stride]
        seen = seen.index_select(1, self.watched).flatten(2).transpose(0, 1)
        percentiles, histogram = distributions(_numpy(seen), quantity, activation=self.activation)
        return LayerStats(_numpy(mean.T), _numpy(std.T), percentiles, histogram)


def _values(layer: HiddenLayer, quantity: Quantity) -> Tensor:
    """A quantity of one layer (M, F, N) on the probe batch; gradient is dL/dz."""
    if quantity == "normalized":
        return layer.shown(layer.norm.normalized())
    if quantity == "gradient":
        return layer.shown(layer.z_gradient)
    return layer.shown(layer.z if quantity == "pre_activation" else layer.a)


def _of_images(values: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """std and mean (L, M), and values (L, M, C, n) that stand for all, of layers (M, C, N').

    Deeper layers have smaller images. Positions are thinned evenly and all channels are kept: n is
    the same for each layer, and odd strides reach all rows and columns of the images.
    """
    std, mean = zip(*(torch.std_mean(layer, (1, 2), correction=0) for layer in values), strict=True)
    channels = values[0].shape[1]
    kept = max(1, min(MAX_VALUES // channels, *(layer.shape[2] for layer in values)))
    places = [torch.linspace(0, layer.shape[2] - 1, kept).long() for layer in values]
    seen = [
        layer[:, :, place.to(layer.device)] for layer, place in zip(values, places, strict=True)
    ]
    return torch.stack(std), torch.stack(mean), torch.stack(seen)


def _gaps(running: Norm, seen: Norm) -> tuple[Tensor, Tensor]:
    """rms over units of (running - batch mean) / batch std and of log10 of the variances' ratio.

    `seen` belongs to the twin, whose running statistics are those of the probe batch.
    """
    if not (isinstance(running, BatchNorm) and isinstance(seen, BatchNorm)):
        nothing = seen.normalized().new_full((running.members,), torch.nan)
        return nothing, nothing
    eps = running.spec.eps
    shift = (running.running_mean - seen.running_mean) / (seen.running_var + eps).sqrt()
    ratio = torch.log10((running.running_var + eps) / (seen.running_var + eps))
    return _rms(shift.view(seen.members, -1)), _rms(ratio.view(seen.members, -1))


def _rms(values: Tensor) -> Tensor:
    return values.square().mean(1).sqrt()


def _share(is_so: Tensor) -> Tensor:
    return is_so.to(torch.float32).mean(1)


def _norm(block: Tensor) -> Tensor:
    return block.flatten(1).norm(dim=1)


def _is_linear_weight(name: str) -> bool:
    return name.endswith("linear.weight") or name == "output.weight"


def _numpy(values: Tensor) -> Array:
    return np.ascontiguousarray(values.to(torch.float32).cpu().numpy())
