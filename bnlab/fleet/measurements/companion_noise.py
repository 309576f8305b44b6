"""How much the answers for an example vary with the companions in its minibatch."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial

import numpy as np
import torch

from bnlab.fleet.inspect.questions import Answer
from bnlab.fleet.inspect.single_network import Alone
from bnlab.fleet.measurements.fleets import by_fleet, trained
from bnlab.results.frames import Array
from bnlab.spec.member import MemberSpec

_CHANCE = 0xC0117A  # the stream from which companions are drawn


def companion_noise(
    specs: Sequence[MemberSpec],
    *,
    batch_sizes: tuple[float, ...],
    draws: float = 64,
    examples: float = 16,
) -> Generator[None, None, dict[str, Array]]:
    """Train networks to their end, freeze them, and change the companions of an example.

    Some test examples are put one by one into minibatches of random training examples (drawn with
    replacement), and answered in training mode. A statistic of B independent draws is off by a
    number proportional to 1 / sqrt(B), and so are the logits that come from it.

    Args:
        specs: networks of one seed.
        batch_sizes: examples in a minibatch, the one that is asked about among them.
        draws: minibatches of each size for each example.
        examples: test examples that are asked about, the first ones.

    Returns:
        noise (M, b): for each of the b batch sizes, the standard deviation of a logit over the
            draws (root mean square over examples and logits), in units of the standard deviation
            of a logit over the test examples in eval mode.
    """
    noise = partial(_noise, draws=int(draws), examples=int(examples))
    sizes = tuple(map(int, batch_sizes))
    return by_fleet(specs, partial(_of_fleet, sizes=sizes, noise_of=noise))


@torch.inference_mode()
def _of_fleet(
    specs: Sequence[MemberSpec],
    *,
    sizes: tuple[int, ...],
    noise_of: Callable[..., Generator[None, None, float]],
) -> Generator[None, None, Answer]:
    fleet = yield from trained(specs)
    inside = fleet.inside()
    noise = np.zeros((len(specs), len(sizes)))
    for member, spec in enumerate(specs):
        alone = Alone.of(inside, member)
        for place, size in enumerate(sizes):
            rng = np.random.default_rng([spec.seed, _CHANCE, size])
            noise[member, place] = yield from noise_of(alone, rng, batch_size=size)
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
