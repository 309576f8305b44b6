"""The statistics of one batch norm layer: running, of its last minibatch, and exact."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from bnlab.fleet.minibatches import Feed
from bnlab.fleet.nn.batch_norm import BatchNorm
from bnlab.fleet.nn.dense import Network
from bnlab.fleet.plan import FleetPlan
from bnlab.results.frames import STATISTICS, Array


class LayerStatistics:
    """Records hidden layer `plan.probe.layer` of the watched members, if it has batch norm.

    Args:
        network: the one in training; its layer keeps its last minibatch from now on.
        twin: on the same parameters; its running statistics are overwritten.
    """

    def __init__(
        self, plan: FleetPlan, layer: int, network: Network, twin: Network, *, feed: Feed
    ) -> None:
        self.layer, self.network, self.twin = layer, network, twin
        self.watched = torch.tensor(plan.watched, device=feed.device, dtype=torch.int64)
        self.has_statistics = bool(plan.watched) and any(network.batch_norms())
        if self.has_statistics:
            self.x = feed.part("train").x.index_select(0, self.watched)
            self._norm_of(network).keeps_minibatch = True

    def measure(self) -> Array:
        """`Frame.statistics` (W, 6, F): NaN without batch norm, and for the batch before step 1."""
        width = self.network.spec.network.width
        if not self.has_statistics:
            return np.full((len(self.watched), len(STATISTICS), width), np.nan, np.float32)
        norm = self._norm_of(self.network)
        rows = [norm.running_mean, norm.running_var, *_of_minibatch(norm)]
        mine = torch.stack(rows).view(4, -1, width).index_select(1, self.watched)
        exact = torch.stack(self._exact()).view(2, -1, width)
        return torch.cat([mine, exact]).transpose(0, 1).contiguous().cpu().numpy()

    def _exact(self) -> tuple[Tensor, Tensor]:
        """Mean and unbiased variance (W*F,) over the whole training part."""
        is_whole = len(self.watched) == self.twin.members
        network = self.twin if is_whole else self.twin.select(self.watched)
        network.recalibrate(self.x, layers=self.layer + 1)
        norm = self._norm_of(network)
        return norm.running_mean, norm.running_var

    def _norm_of(self, network: Network) -> BatchNorm:
        norm = network.hidden[self.layer].norm
        if not isinstance(norm, BatchNorm):
            raise TypeError(f"Layer {self.layer} keeps no statistics.")
        return norm


def _of_minibatch(norm: BatchNorm) -> tuple[Tensor, Tensor]:
    """Mean and unbiased variance (M*F,) of the last training minibatch; NaN before the first."""
    if not norm.minibatch.numel():
        nothing = torch.full_like(norm.running_mean, torch.nan)
        return nothing, nothing
    var, mean = torch.var_mean(norm.minibatch[0], 1, correction=1)
    return mean, var
