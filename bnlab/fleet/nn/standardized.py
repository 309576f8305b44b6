"""Linear layers whose weights are standardized before they are used."""

from __future__ import annotations

from torch import Tensor


def standardized(weight: Tensor, *, eps: float) -> tuple[Tensor, Tensor]:
    """W_hat = (W - mean) / s over the inputs of each unit, s = sqrt(var + eps); also returns 1 / s.

    Args:
        weight: (…, fan_in)
        eps: added to the biased variance.

    Source: Qiao et al. 2019 (1903.10520), section 2.
    """
    centred = weight - weight.mean(-1, keepdim=True)
    inverse_std = (centred.square().mean(-1, keepdim=True) + eps).rsqrt()
    return centred * inverse_std, inverse_std


def standardized_backward(gradient: Tensor, w_hat: Tensor, inverse_std: Tensor) -> Tensor:
    """dL/dW = (G - mean G - W_hat mean(G W_hat)) / s from G = dL/dW_hat (…, fan_in)."""
    slope = (gradient * w_hat).mean(-1, keepdim=True)
    centred = gradient - gradient.mean(-1, keepdim=True)
    return (centred - w_hat * slope) * inverse_std
