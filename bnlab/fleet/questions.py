"""What can be asked of a fleet between two steps, without a trace in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from torch import Tensor

from bnlab.fleet.evaluate import score
from bnlab.fleet.feed import Examples, Feed
from bnlab.fleet.networks import Network
from bnlab.frames import Array

Answer = dict[str, Array]


class Refusal(NamedTuple):
    """Why a question does not fit, in one sentence."""

    reason: str


class Inside(NamedTuple):
    """What a question may look at, and must leave as it is."""

    network: Network
    feed: Feed
    probe_batch: Examples


Question = Callable[[Inside], Answer]


def answered(question: Question, inside: Inside) -> Answer | Refusal:
    """What the question finds; a refusal, as an exception would end the training it asks about."""
    try:
        return question(inside)
    except ValueError as error:
        return Refusal(str(error))


def evaluate(
    inside: Inside, *, part: Literal["validation", "test"], mode: Literal["eval", "train"]
) -> Answer:
    """loss and accuracy (M,) on one part of the data.

    Args:
        part: of each member's data.
        mode: eval: normalized with the running statistics; train: with those of the part itself.
    """
    is_training = mode == "train"
    network = inside.network.twin() if is_training else inside.network
    loss, accuracy = score(network, inside.feed.part(part), training=is_training)
    return {"loss": _numpy(loss), "accuracy": _numpy(accuracy)}


def unit(inside: Inside, *, member: int, layer: int, unit: int) -> Answer:
    """pre_activation, normalized and activation (N,) of a unit on the probe batch, training mode.

    With them mean and var (), of the pre-activation over the batch; var is the biased one.

    Raises:
        ValueError: there is no such layer or unit.
    """
    network = inside.network.twin()
    _check("layer", layer, len(network.hidden))
    _check("unit", unit, network.spec.network.width)
    network.forward(inside.probe_batch.x, training=True, keep=True)
    seen = network.hidden[layer]
    z, x_hat, a = (
        _numpy(values[member, unit]) for values in (seen.z, seen.norm.normalized(), seen.a)
    )
    mean, var = np.asarray(z.mean()), np.asarray(z.var())
    return {"pre_activation": z, "normalized": x_hat, "activation": a, "mean": mean, "var": var}


def _check(name: str, got: int, count: int) -> None:
    if not 0 <= got < count:
        raise ValueError(f"{name}: got {got}, allowed is 0 to {count - 1}.")


def _numpy(values: Tensor) -> Array:
    return np.ascontiguousarray(values.float().cpu().numpy())
