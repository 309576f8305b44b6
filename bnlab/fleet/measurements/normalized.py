"""How far batch norm's x_hat lie from 0: at batches of two a unit keeps only a sign."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import torch

from bnlab.fleet.inspect.questions import Answer, Inside, to_numpy
from bnlab.fleet.measurements.fleets import in_order, plans_of, trained
from bnlab.results.frames import Array
from bnlab.spec.fields import refusal
from bnlab.spec.member import MemberSpec


def normalized(specs: Sequence[MemberSpec]) -> Generator[None, None, dict[str, Array]]:
    """Train networks to their end and look at x_hat of their last minibatch.

    Args:
        specs: networks with batch norm.

    Returns:
        magnitude (M,): the mean of |x_hat| over all hidden layers, units (of image networks:
        channels and positions) and examples, under the last weights.
    """
    plans = plans_of(specs)
    answers = []
    for plan in plans:
        answers.append((yield from trained(plan, _x_hat)))
    return in_order(plans, answers)


def _x_hat(inside: Inside) -> Answer:
    twin = inside.network.twin()
    if inside.minibatch is None:
        raise refusal("steps", "0", "1 or more: there is no minibatch yet")
    twin.forward(inside.minibatch.x, training=True, keep=True)
    values = [layer.shown(layer.norm.normalized()) for layer in twin.hidden]  # (M, F, N) each
    magnitudes = torch.stack([x_hat.abs().mean((1, 2)) for x_hat in values])
    return {"magnitude": to_numpy(magnitudes.mean(0))}
