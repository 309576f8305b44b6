"""Variants of batch norm that torch has no module for, as plain modules on (N, F).

Exported scripts contain these classes as text (see `norms.norm_classes`), and the tests hold the
fleet's batched norms against them. Nothing else imports them: the web process never loads torch.
An Ellipsis as in `self.weight[...]` marks a value per unit that meets x; on images of shape
(N, C, H, W) scripts have `self.weight.view(-1, 1, 1)` there.
"""
# mypy: disable-error-code="index, operator, union-attr"
# Torch says that running statistics may be None, and Parameters Modules; here they never are.

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F


class CentreOnly(nn.BatchNorm1d):
    """Batch norm without the division."""

    def forward(self, x: Tensor) -> Tensor:
        super().forward(x.detach())  # for the running statistics
        mean = self.running_mean[...]
        if self.training:
            mean = x.mean(0)
        return (x - mean) * self.weight[...] + self.bias[...]


class ScaleOnly(nn.BatchNorm1d):
    """Batch norm that does not subtract the mean."""

    def forward(self, x: Tensor) -> Tensor:
        super().forward(x.detach())  # for the running statistics
        var = self.running_var[...]
        if self.training:
            var = x.var(0, correction=0)
        return x / (var + self.eps).sqrt() * self.weight[...] + self.bias[...]


class GhostBatchNorm(nn.BatchNorm1d):
    """Batch norm of each `ghost_size` examples on their own."""

    ghost_size = 16

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        ghosts = x.split(self.ghost_size)
        return torch.cat([nn.BatchNorm1d.forward(self, ghost) for ghost in ghosts])


class BatchRenorm(nn.BatchNorm1d):
    """Batch norm, corrected towards what the running statistics would give."""

    renorm_from = 100
    r_max = 3.0
    d_max = 5.0
    steps = 0

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        self.steps += 1
        past = max(0, self.steps - self.renorm_from) / self.renorm_from
        r_max = 1 + (self.r_max - 1) * min(1, past / 7)
        d_max = self.d_max * min(1, past / 4)
        mean = x.mean(0)
        std = (x.var(0, correction=0) + self.eps).sqrt()
        running_mean = self.running_mean[...]
        running_std = (self.running_var[...] + self.eps).sqrt()
        r = (std / running_std).clamp(1 / r_max, r_max).detach()
        d = ((mean - running_mean) / running_std).clamp(-d_max, d_max).detach()
        x_hat = (x - mean) / std * r + d
        super().forward(x.detach())  # for the running statistics
        return x_hat * self.weight[...] + self.bias[...]


class NoisyBatchNorm(nn.BatchNorm1d):
    """Batch norm, followed at each step by a random scale and shift of each unit."""

    noise_scale = 2.0
    noise_shift = 1.0
    noise: np.random.Generator  # scripts and tests give each norm a stream of its own

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        if not self.training:
            return y * (1 + self.noise_scale) / 2
        uniform = torch.from_numpy(self.noise.random((2, self.num_features))).to(y.dtype)
        scale = 1 + (self.noise_scale - 1) * uniform[0][...]
        return y * scale + self.noise_shift * (2 * uniform[1][...] - 1)


class FrozenBatchNorm(nn.BatchNorm1d):
    """Batch norm that normalizes with its running statistics after `frozen_from` steps."""

    frozen_from = 100
    steps = 0

    def forward(self, x: Tensor) -> Tensor:
        self.steps += self.training
        if not self.training or self.steps <= self.frozen_from:
            return super().forward(x)
        running = self.running_mean, self.running_var
        return F.batch_norm(x, *running, self.weight, self.bias, eps=self.eps)


class StandardizedLinear(nn.Linear):
    """A linear layer that uses its weights standardized over the inputs of each unit."""

    eps = 1e-5

    def forward(self, x: Tensor) -> Tensor:
        var, mean = torch.var_mean(self.weight, 1, correction=0, keepdim=True)
        return F.linear(x, (self.weight - mean) / (var + self.eps).sqrt(), self.bias)


class StandardizedConv2d(nn.Conv2d):
    """A convolution that uses its weights standardized over the inputs of each channel."""

    eps = 1e-5

    def forward(self, x: Tensor) -> Tensor:
        var, mean = torch.var_mean(self.weight, (1, 2, 3), correction=0, keepdim=True)
        return self._conv_forward(x, (self.weight - mean) / (var + self.eps).sqrt(), self.bias)


class RMSNorm(nn.Module):
    """x / rms(x) over the channels and positions of each image."""

    eps = 1e-5

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        mean_square = x.square().mean((1, 2, 3), keepdim=True)
        return x / (mean_square + self.eps).sqrt() * self.weight.view(-1, 1, 1)
