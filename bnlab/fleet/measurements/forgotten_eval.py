"""How well trained networks answer when somebody forgets eval()."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial

import numpy as np
import torch

from bnlab.fleet.inspect.batch_dependence import modes
from bnlab.fleet.inspect.questions import Answer
from bnlab.fleet.measurements.fleets import by_fleet, trained
from bnlab.results.frames import Array
from bnlab.spec.member import MemberSpec


def forgotten_eval(
    specs: Sequence[MemberSpec], *, batch_sizes: tuple[float, ...]
) -> Generator[None, None, dict[str, Array]]:
    """Train networks to their end and test them in eval mode and in training mode.

    Args:
        specs: the networks.
        batch_sizes: into batches of how many examples the test part is cut in training mode.

    Returns:
        Accuracies on the test part: eval (M,); shuffled (M, b) and sorted_by_class (M, b), in
        training mode for each of the b batch sizes, the examples in the order of chance or of
        their classes. See `bnlab.fleet.inspect.batch_dependence.modes`.
    """
    sizes = tuple(int(size) for size in batch_sizes)
    return by_fleet(specs, partial(_of_fleet, batch_sizes=sizes))


@torch.inference_mode()
def _of_fleet(
    specs: Sequence[MemberSpec], *, batch_sizes: tuple[int, ...]
) -> Generator[None, None, Answer]:
    fleet = yield from trained(specs)
    inside = fleet.inside()
    members = range(len(specs))
    found = [modes(inside, member=one, batch_sizes=batch_sizes, seed=0) for one in members]
    return {
        name: np.stack([answer[name] for answer in found])
        for name in ("eval", "shuffled", "sorted_by_class")
    }
