"""How much each residual branch adds, in untrained networks with skips."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
import torch
from torch import Tensor

from bnlab.fleet.measurements.first_weights import first_network, normal_draws
from bnlab.fleet.measurements.fleets import Measuring
from bnlab.results.frames import Array
from bnlab.spec.fields import refusal
from bnlab.spec.member import MemberSpec


@torch.inference_mode()
def branch_share(specs: Sequence[MemberSpec]) -> Measuring:
    """The size of each layer's branch relative to its skip, at the initial weights.

    Layer k = 2, 3, ... adds its branch f(h) to its input h. Measured is var f(h) / var h: the
    variances over the minibatch, averaged over the units. Inputs are N(0, 1).

    Args:
        specs: networks with skips, of one seed.

    Returns:
        ratio (M, L-1): branch to skip, for each layer from the second on.
        slope (M,): of ln ratio over ln of the branch's number (the second layer has branch 1).

    Raises:
        ValueError: a network without skips.

    Source: De & Smith 2020 (2002.10444).
    """
    if not all(spec.network.skips for spec in specs):
        raise refusal("network.skips", "false", "true")
    found = []
    for spec in specs:
        found.append((yield from _ratios(spec)))
    ratio = np.stack(found)
    numbers = np.log(np.arange(1, ratio.shape[1] + 1))
    slope = np.polyfit(numbers, np.log(ratio).T, 1)[0]
    return {"ratio": ratio, "slope": slope}


def _ratios(spec: MemberSpec) -> Generator[None, None, Array]:
    """Variance of the branches over that of their skips (L-1,)."""
    network = yield from first_network(spec, dtype=torch.float64)
    [x] = normal_draws(spec, spec.data.facts.features, dtype=torch.float64)
    h = network.hidden[0].forward(x, training=True)
    ratios = []
    for layer in network.hidden[1:]:
        added = layer.forward(h, training=True)
        ratios.append(_variance(added - h) / _variance(h))
        h = added
        yield
    return np.array(ratios)


def _variance(h: Tensor) -> float:
    return h.var(2, correction=0).mean().item()
