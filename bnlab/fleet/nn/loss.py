"""The loss: cross-entropy, averaged over each member's minibatch, never over members."""

from __future__ import annotations

import torch
from torch import Tensor


def cross_entropy(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """The loss of each member, and the gradient of their sum.

    Each member's gradient equals that of the member trained alone:
    dL/dlogits = (softmax(logits) - one_hot) / N.

    Args:
        logits: (M, K, N)
        target: (M, K, N), one-hot / N.

    Returns:
        loss (M,) and gradient (M, K, N).
    """
    log_probabilities = torch.log_softmax(logits, 1)
    gradient = torch.exp(log_probabilities).div_(logits.shape[2]).sub_(target)
    return losses(log_probabilities, target), gradient


def losses(log_probabilities: Tensor, target: Tensor) -> Tensor:
    """The loss (M,) of each member from log probabilities and targets (M, K, N)."""
    return torch.linalg.vecdot(log_probabilities.flatten(1), target.flatten(1)).neg_()
