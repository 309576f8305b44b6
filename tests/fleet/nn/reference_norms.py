"""Relatives of batch norm as plain modules on (N, F): what is said in the papers, by autograd."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnlab.data.datasets import NOISE
from bnlab.spec.member import NormSpec


class Relative(nn.BatchNorm1d):
    """Batch norm with other numbers in place of (x - mean) / std."""

    def __init__(self, features: int, spec: NormSpec) -> None:
        momentum = None if spec.momentum == "cumulative" else spec.momentum
        super().__init__(features, eps=spec.eps, momentum=momentum)
        self.spec, self.steps = spec, 0

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return self.learned(self.x_hat(x, self.running_mean, self.running_var))
        self.steps += 1
        x_hat = self.x_hat(x, x.mean(0), x.var(0, correction=0))
        super().forward(x.detach())  # the running statistics, by torch
        return self.learned(x_hat)

    def learned(self, x_hat: Tensor) -> Tensor:
        return x_hat * self.weight + self.bias


class CentreOnly(Relative):
    def x_hat(self, x: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        return x - mean


class ScaleOnly(Relative):
    def x_hat(self, x: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        return x / (var + self.eps).sqrt()


class BatchRenorm(Relative):
    def x_hat(self, x: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        x_hat = (x - mean) / (var + self.eps).sqrt()
        if not self.training:
            return x_hat
        first, t = self.spec.renorm_from, self.steps
        r_max = np.interp(t, [first, 8 * first], [1, self.spec.r_max])
        d_max = np.interp(t, [first, 5 * first], [0, self.spec.d_max])
        sigma, running = (var + self.eps).sqrt(), (self.running_var + self.eps).sqrt()
        r = (sigma / running).clamp(1 / r_max, r_max).detach()
        d = ((mean - self.running_mean) / running).clamp(-d_max, d_max).detach()
        return x_hat * r + d


class GhostBatchNorm(Relative):
    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return nn.BatchNorm1d.forward(self, x)
        parts = [nn.BatchNorm1d.forward(self, part) for part in x.split(self.spec.ghost_size)]
        return torch.cat(parts)


class NoisyBatchNorm(Relative):
    def __init__(self, features: int, spec: NormSpec) -> None:
        super().__init__(features, spec)
        self.start(seed=0, place=0)

    def start(self, seed: int, place: int) -> None:
        self.rng = np.random.default_rng([seed, NOISE, place])

    def forward(self, x: Tensor) -> Tensor:
        y = nn.BatchNorm1d.forward(self, x)
        low, high = 1.0, self.spec.noise_scale
        if not self.training:
            return y * (low + high) / 2
        uniform = torch.from_numpy(self.rng.random((2, self.num_features))).to(x.dtype)
        scale = low + (high - low) * uniform[0]
        return y * scale + self.spec.noise_shift * (2 * uniform[1] - 1)


class FrozenBatchNorm(Relative):
    def forward(self, x: Tensor) -> Tensor:
        self.steps += self.training
        if self.training and self.steps > self.spec.frozen_from:
            statistics = (self.running_mean, self.running_var)
            return F.batch_norm(x, *statistics, self.weight, self.bias, False, 0.0, self.eps)
        return nn.BatchNorm1d.forward(self, x)


class StandardizedLinear(nn.Linear):
    """A linear layer whose weights have mean 0 and variance 1 over the inputs of each unit."""

    eps = 0.0

    def forward(self, x: Tensor) -> Tensor:
        var, mean = torch.var_mean(self.weight, 1, correction=0, keepdim=True)
        return F.linear(x, (self.weight - mean) / (var + self.eps).sqrt(), self.bias)


RELATIVES: dict[str, type[Relative]] = {
    "batch_centre": CentreOnly,
    "batch_scale": ScaleOnly,
    "batch_ghost": GhostBatchNorm,
    "batch_renorm": BatchRenorm,
    "batch_noisy": NoisyBatchNorm,
    "batch_frozen": FrozenBatchNorm,
}
