"""How much the logits of an example vary with the other examples in its minibatch."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
import torch

from bnlab.fleet.inspect.single_network import Alone
from bnlab.fleet.measurements.fleets import Measuring, by_fleet, trained
from bnlab.spec.member import MemberSpec

_CHANCE = 0xC0117A  # the stream from which the other examples are drawn


@by_fleet
def companion_noise(
    specs: Sequence[MemberSpec],
    *,
    batch_sizes: tuple[float, ...],
    draws: float = 64,
    examples: float = 16,
) -> Measuring:
    """Train networks, freeze them, and change the other examples in an example's minibatch.

    Some test examples are put one at a time into minibatches of random training examples (drawn
    with replacement) and classified in training mode. The error of a statistic of B independent
    draws is proportional to 1 / sqrt(B), and so is that of the logits computed from it.

    Args:
        specs: networks of one seed.
        batch_sizes: examples in a minibatch, including the test example.
        draws: minibatches of each size for each test example.
        examples: the number of test examples, taken from the start.

    Returns:
        noise (M, b): for each of the b batch sizes, the standard deviation of a logit over the
            draws (root mean square over examples and logits), in units of the standard deviation
            of a logit over the test examples in eval mode.
    """
    sizes = tuple(map(int, batch_sizes))
    fleet = yield from trained(specs)
    inside = fleet.inside()
    noise = np.zeros((len(specs), len(sizes)))
    for member, spec in enumerate(specs):
        alone = Alone.of(inside, member)
        for place, size in enumerate(sizes):
            rng = np.random.default_rng([spec.seed, _CHANCE, size])
            noise[member, place] = yield from _noise(
                alone, rng, batch_size=size, draws=int(draws), examples=int(examples)
            )
    return {"noise": noise}


def _noise(
    alone: Alone, rng: np.random.Generator, *, batch_size: int, draws: int, examples: int
) -> Generator[None, None, float]:
    asked, companions = alone.inputs("test"), alone.inputs("train")
    variances = []
    for example in range(examples):
        x = torch.cat([asked[:, example, None], companions], 1)
        drawn = rng.integers(1, x.shape[1], (draws, batch_size))
        drawn[:, 0] = 0
        logits = alone.batch_logits(x, drawn)[:, :, 0]  # (D, K)
        variances.append(logits.double().var(0))
        yield
    spread = alone.logits(asked).double().var(1).mean()
    return float((torch.stack(variances).mean() / spread).sqrt())
