"""Variants of batch norm that change with the steps: they count their minibatches."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import torch
from torch import Tensor

from bnlab.fleet.nn.batch_norm import BatchNorm
from bnlab.fleet.nn.batch_norm_variants import Composed, Moments, Relative
from bnlab.fleet.nn.noise import Noise
from bnlab.fleet.nn.norms import NOTHING, Norm
from bnlab.spec.member import NormSpec


class BatchRenorm(Composed):
    """Batch norm, corrected towards what the running statistics would give.

    x_hat = (x - mean) / s * r + d,  r = s / s_running within 1/r_limit and r_limit,
    d = (mean - r_mean) / s_running within -d_limit and d_limit,  s = sqrt(var + eps),
    with the running statistics from before the step; the gradient treats r and d as constants. In
    the first steps the limits are 1 and 0, plain batch norm; then they grow linearly to `r_max`
    and `d_max`. Source: Ioffe 2017 (1702.03275), algorithm 1, and the proportions of its schedule:
    from step 5,000 to 40,000 for r, to 25,000 for d. It tracks s, we the variance.
    """

    is_shift_free = True  # for the gradient: a bias before it stays 0
    plain = r = NOTHING

    def normalize_minibatch(self, x: Tensor, parts: Moments, *, step: int) -> Tensor:
        self.inverse_std = (parts.variance + self.spec.eps).rsqrt()
        self.plain = parts.centred * self.inverse_std
        r_limit, d_limit = renorm_limits(self.spec, step)
        k, t = (part.view(self.members, -1, 1) for part in self.followed.scale_and_shift())
        self.r = (k / self.inverse_std).clamp(1 / r_limit, r_limit)
        d = (parts.mean * k + t).clamp(-d_limit, d_limit)
        return self.plain * self.r + d

    def normalize_backward(self, gradient: Tensor) -> Tensor:
        slope = (gradient * self.plain).mean(2, keepdim=True)
        centred = gradient - gradient.mean(2, keepdim=True)
        result = torch.addcmul(centred, self.plain, slope, value=-1)
        return result.mul_(self.inverse_std * self.r)

    def host_numbers(self) -> Hashable:
        return super().host_numbers(), renorm_limits(self.spec, self.steps + 1)

    def forget(self) -> None:
        super().forget()
        self.plain = NOTHING


def renorm_limits(spec: NormSpec, step: int) -> tuple[float, float]:
    """The limits on r and d at one step, counted from 1.

    >>> renorm_limits(NormSpec(renorm_from=10, r_max=3.0, d_max=5.0), 10)
    (1.0, 0.0)
    >>> renorm_limits(NormSpec(renorm_from=10, r_max=3.0, d_max=5.0), 45)
    (2.0, 4.375)
    """
    past = max(0, step - spec.renorm_from) / spec.renorm_from
    return 1 + (spec.r_max - 1) * min(1, past / 7), spec.d_max * min(1, past / 4)


class NoisyBatchNorm(Relative):
    """Batch norm, followed at each step by a random scale and shift of each unit.

    y = scale (gamma x_hat + beta) + shift with scale ~ U(1, noise_scale) and
    shift ~ U(-noise_shift, noise_shift), the same for all examples of the minibatch; in eval mode
    their means. Source: Santurkar et al. 2018 (1805.11604), appendix A, without the additional
    jitter per example.
    """

    def __init__(self, spec: NormSpec, *, features: int, members: int, like: Tensor) -> None:
        super().__init__(spec, features=features, members=members, like=like)
        self.noise = Noise([0] * members, place=0, features=features, like=like)
        self.mean_scale = (1 + spec.noise_scale) / 2
        self.scale = self.shift = NOTHING  # of the last minibatch (M, F, 1)

    def seed(self, seeds: Sequence[int], *, place: int) -> None:
        self.noise = Noise(seeds, place=place, features=self.features, like=self.running_mean)

    def follow(self, original: Norm) -> None:
        super().follow(original)
        if isinstance(original, NoisyBatchNorm):
            self.noise = original.noise

    def copy_statistics(self, other: BatchNorm, members: Tensor) -> None:
        super().copy_statistics(other, members)
        if isinstance(other, NoisyBatchNorm):
            self.noise = other.noise.select(members)

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        y = super().forward(x, training=training)
        if not training:
            return y * self.mean_scale
        u_scale, u_shift = self.noise.at(self._begin_step())
        self.scale = 1 + (self.spec.noise_scale - 1) * u_scale
        self.shift = self.spec.noise_shift * (2 * u_shift - 1)
        return torch.addcmul(self.shift, y, self.scale)

    def backward(self, gradient: Tensor) -> Tensor:
        return super().backward(gradient * self.scale)

    def host_numbers(self) -> Hashable:
        return super().host_numbers(), self.steps  # noise is drawn per step, on the host

    def output(self) -> Tensor:
        return torch.addcmul(self.shift, super().output(), self.scale)


class FrozenBatchNorm(Relative):
    """Batch norm that normalizes with its running statistics after `frozen_from` training steps.

    From then on y = k x + t with constants k and t: eval mode of batch norm, except that gamma
    and beta continue to learn; dL/dx = k g. Source: Ioffe & Szegedy 2015 (1502.03167), section 3.1.
    """

    is_still = False  # whether the last minibatch used fixed statistics

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        self.is_still = training and self._begin_step() > self.spec.frozen_from
        if not self.is_still:
            return super().forward(x, training=training)
        channels = x.reshape(1, self.channels, -1)
        if self.keeps_minibatch:
            self.minibatch = channels
        k, t = self.followed.scale_and_shift()
        self.x, self.inverse_std = x, k.view(self.members, -1, 1)
        self.x_hat = torch.addcmul(t.view(self.members, -1, 1), x, self.inverse_std)
        if self.followed is not self:
            self._recalibrate(channels[0])
        return self.output()

    def backward(self, gradient: Tensor) -> Tensor:
        if not self.is_still:
            return super().backward(gradient)
        if self.weight is not None:
            self.weight_gradient.copy_((gradient * self.x_hat).sum(2).view(-1))
        if self.bias is not None:
            self.bias_gradient.copy_(gradient.sum(2).view(-1))
        slope = self.inverse_std
        if self.weight is not None:
            slope = slope * self.weight.view(self.members, -1, 1)
        return gradient * slope

    def host_numbers(self) -> Hashable:
        return super().host_numbers(), self.steps >= self.spec.frozen_from

    def normalized(self) -> Tensor:
        return self.x_hat if self.is_still else super().normalized()
