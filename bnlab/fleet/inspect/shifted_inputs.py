"""How a network does on inputs with another scale and shift than those it was trained on."""

from __future__ import annotations

import numpy as np

from bnlab.fleet.inspect.questions import Answer, Inside
from bnlab.fleet.inspect.single_network import Alone, accuracy


def changed(
    inside: Inside, *, member: int, scales: tuple[float, ...], shifts: tuple[float, ...]
) -> Answer:
    """See `bnlab.lab.workers.protocol.queries.ShiftedInputs`.

    Raises:
        ValueError: too much work.
    """
    running = Alone.of(inside, member)
    labels = running.labels("test")
    running.check_work(4 * len(scales) * len(labels) + len(running.labels("train")))
    exact_train = running.recalibrated()
    x = running.inputs("test")
    found = []
    for scale, shift in zip(scales, shifts, strict=True):
        seen = x * scale + shift
        networks = (running, exact_train, running.recalibrated_on(seen))
        found.append([accuracy(network.logits(seen), labels) for network in networks])
    names = ("running", "exact_train", "exact_changed")
    return dict(zip(names, np.array(found).T, strict=True))
