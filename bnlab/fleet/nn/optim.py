"""Optimizers over a flat tensor of parameters; each step equals torch.optim's.

Learning rate, momentum and weight decay are per member. Where all members agree, a factor is a
plain number; otherwise it is spread to one value per parameter.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import torch
from torch import Tensor

from bnlab.fleet.nn.parameters import Blocks
from bnlab.spec.member import OptimizerSpec

Factor = float | Tensor  # one for all, or one per parameter


class Optimizer:
    """Parameters theta, gradients g, and how a step updates theta."""

    def __init__(
        self, specs: Sequence[OptimizerSpec], parameters: Blocks, gradients: Blocks
    ) -> None:
        self.parameters = parameters
        self.theta, self.g = parameters.flat, gradients.flat
        self.nesterov = specs[0].nesterov
        self.decay = self._factor([spec.weight_decay for spec in specs])
        self.momentum = self._factor([spec.momentum for spec in specs])
        self.lr = self._factor([spec.lr for spec in specs])
        self.steps = self.rates_set = 0
        self._begin(specs)

    def _begin(self, specs: Sequence[OptimizerSpec]) -> None:
        """Allocate the state of this kind of optimizer."""

    def set_lr(self, lr: float) -> None:
        """One learning rate for all members, from the next step on."""
        self.lr = lr
        self.rates_set += 1

    def step(self) -> None:
        """Update the parameters in place; may overwrite the gradients."""
        self.count()
        self.move()

    def count(self) -> None:
        """Begin a step: compute on the host what depends on the step number."""
        self.steps += 1

    def move(self) -> None:
        """The device's part of a step: the same launches for the same `host_numbers`."""
        raise NotImplementedError

    def host_numbers(self) -> Hashable:
        """A value that changes whenever a host number that the next `move` reads changes."""
        return self.rates_set

    def keep_numbers_on_device(self) -> None:
        """Keep what `count` computes in device memory, where captured steps read it."""

    def last_update(self) -> Tensor:
        """The last step's update of the parameters, up to sign: flat."""
        raise NotImplementedError

    def _factor(self, values: list[float]) -> Factor:
        if len(set(values)) == 1:
            return values[0]
        return self.parameters.spread(self.theta.new_tensor(values))


class SGD(Optimizer):
    """v <- momentum v + g + decay theta;  theta <- theta - lr v  (Nesterov: lr (g + momentum v))

    The state is (1 - momentum) v, an average of the gradients: one pass over memory, not two.
    """

    def _begin(self, specs: Sequence[OptimizerSpec]) -> None:
        self.has_momentum = any(spec.momentum for spec in specs)
        self.average = torch.zeros_like(self.theta) if self.has_momentum else self.g
        self.weight_of_new = 1 - self.momentum if self.has_momentum else 1.0
        self.rate = self.lr / self.weight_of_new
        self.direction, self.last_rate = self.average, self.rate

    def set_lr(self, lr: float) -> None:
        super().set_lr(lr)
        self.rate = self.lr / self.weight_of_new

    def move(self) -> None:
        if _is_used(self.decay):
            _add(self.g, self.theta, self.decay)
        if self.has_momentum:
            self.average.lerp_(self.g, self.weight_of_new)
            if self.nesterov:  # also in units of the average
                self.direction = self.g.mul_(self.weight_of_new)
                _add(self.direction, self.average, self.momentum)
        _add(self.theta, self.direction, self.rate, sign=-1)
        self.last_rate = self.rate

    def last_update(self) -> Tensor:
        return self.direction * self.last_rate


class Adam(Optimizer):
    """m, v: averages of g and g^2;  theta <- theta - lr m_hat / (sqrt(v_hat) + eps)."""

    beta1, beta2, eps = 0.9, 0.999, 1e-8

    def _begin(self, specs: Sequence[OptimizerSpec]) -> None:
        self.m, self.v = torch.zeros_like(self.theta), torch.zeros_like(self.theta)
        self.update = torch.zeros_like(self.theta)
        self.m_bias: Factor = 1.0  # 1 - beta1^t
        self.s_bias: Factor = 1.0  # sqrt(1 - beta2^t)

    def keep_numbers_on_device(self) -> None:
        # In float64, so that they are rounded once, exactly where host numbers would be.
        self.m_bias, self.s_bias = self.theta.new_ones(2, dtype=torch.float64).unbind()

    def count(self) -> None:
        super().count()
        self.m_bias = _set(self.m_bias, 1 - self.beta1**self.steps)
        self.s_bias = _set(self.s_bias, math.sqrt(1 - self.beta2**self.steps))

    def move(self) -> None:
        self._decay()
        self.m.lerp_(self.g, 1 - self.beta1)
        self.v.mul_(self.beta2).addcmul_(self.g, self.g, value=1 - self.beta2)
        # update = lr m_hat / (sqrt(v_hat) + eps)
        torch.sqrt(self.v, out=self.update)
        self.update.div_(self.s_bias).add_(self.eps)
        torch.div(self.m, self.update, out=self.update)
        self.update.mul_(self.lr / self.m_bias)
        self.theta.sub_(self.update)

    def last_update(self) -> Tensor:
        return self.update

    def _decay(self) -> None:
        if _is_used(self.decay):
            _add(self.g, self.theta, self.decay)


class AdamW(Adam):
    """Adam with decoupled weight decay: theta <- (1 - lr decay) theta first."""

    def _begin(self, specs: Sequence[OptimizerSpec]) -> None:
        super()._begin(specs)
        self.before = torch.zeros_like(self.theta)

    def move(self) -> None:
        self.before.copy_(self.theta)
        super().move()

    def last_update(self) -> Tensor:
        return self.before - self.theta

    def _decay(self) -> None:
        if _is_used(self.decay):
            self.theta.mul_(1 - self.lr * self.decay)


OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": SGD, "adam": Adam, "adamw": AdamW}


def _is_used(factor: Factor) -> bool:
    return isinstance(factor, Tensor) or factor != 0


def _set(held: Factor, value: float) -> Factor:
    """The value itself, or the tensor that holds it, filled without waiting for the device."""
    return held.fill_(value) if isinstance(held, Tensor) else value


def _add(target: Tensor, source: Tensor, factor: Factor, *, sign: int = 1) -> None:
    """target += sign * factor * source, in place."""
    if isinstance(factor, Tensor):
        target.addcmul_(source, factor, value=sign)
    else:
        target.add_(source, alpha=sign * factor)
