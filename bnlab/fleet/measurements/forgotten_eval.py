"""The accuracy of trained networks when eval() is forgotten."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bnlab.fleet.inspect.batch_dependence import modes
from bnlab.fleet.measurements.fleets import Measuring, by_fleet, trained
from bnlab.spec.member import MemberSpec


@by_fleet
def forgotten_eval(specs: Sequence[MemberSpec], *, batch_sizes: tuple[float, ...]) -> Measuring:
    """Train networks, and test them in eval mode and in training mode.

    Args:
        specs: the networks.
        batch_sizes: sizes of the batches that the test part is split into in training mode.

    Returns:
        Accuracies on the test part: eval (M,); shuffled (M, b) and sorted_by_class (M, b), in
        training mode for each of the b batch sizes, the examples shuffled or sorted by
        class. See `bnlab.fleet.inspect.batch_dependence.modes`.
    """
    sizes = tuple(int(size) for size in batch_sizes)
    fleet = yield from trained(specs)
    inside = fleet.inside()
    members = range(len(specs))
    found = [modes(inside, member=one, batch_sizes=sizes, seed=0) for one in members]
    return {
        name: np.stack([answer[name] for answer in found])
        for name in ("eval", "shuffled", "sorted_by_class")
    }
