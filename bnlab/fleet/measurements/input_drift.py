"""How much the distribution of an activation's inputs changes during training."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bnlab.fleet.inspect.questions import to_numpy
from bnlab.fleet.measurements.fleets import Measuring, accuracy, by_fleet, fleet_of
from bnlab.fleet.nn.dense import Network
from bnlab.spec.member import MemberSpec

PERCENTILES = (15, 50, 85)  # as in figure 1 of Ioffe & Szegedy 2015 (1502.03167)
_PROBED = 128  # training examples on which they are measured


@by_fleet
def input_drift(specs: Sequence[MemberSpec], *, every: float = 10) -> Measuring:
    """Train networks and track the percentiles of the last hidden activation's inputs.

    The percentiles of each unit over a fixed batch, in training mode, at step 0 and every `every`
    steps, and again one step later. Distances are in units of the spread, the distance from the
    first percentile to the last (mean over units and measurements).

    Args:
        specs: networks of one seed.
        every: steps between two measurements.

    Returns:
        drift (M,): how far a percentile moves in one step (mean over percentiles, units and
            measurements).
        wander (M,): standard deviation of a percentile over the measurements (root mean square
            over percentiles and units).
        validation, test (M,): accuracies at the end, in eval mode. NaN: it has diverged.
    """
    every = int(every)
    fleet = fleet_of(specs)
    x = fleet.feed.probe_batch(_PROBED).x
    twin = fleet.network.twin()
    looks: list[Tensor] = []
    for step in range(1, specs[0].steps + 1):
        is_looked_at = step % every == 1 or every == 1
        if is_looked_at:
            looks.append(_look(twin, x))
        fleet.step()
        if is_looked_at:
            looks.append(_look(twin, x))
        yield
    pairs = torch.stack(looks).unflatten(0, (-1, 2))
    found = dict(zip(("drift", "wander"), map(to_numpy, distances(pairs)), strict=True))
    return found | {part: accuracy(fleet, part) for part in ("validation", "test")}


def percentiles(values: Tensor) -> Tensor:
    """The percentiles (3, M, F) of values (M, F, N) over the examples, the nearest example's."""
    last = values.shape[2] - 1
    places = [round(share / 100 * last) for share in PERCENTILES]
    return values.sort(2).values[:, :, places].movedim(2, 0)


def distances(looks: Tensor) -> tuple[Tensor, Tensor]:
    """drift and wander (M,) of percentiles (T, 2, 3, M, F): T times before and after a step."""
    before, after = looks.unbind(1)
    spread = (before[:, -1] - before[:, 0]).mean((0, 2))
    drift = (after - before).abs().mean((0, 1, 3))
    wander = before.var(0, correction=0).mean((0, 2)).sqrt()
    return drift / spread, wander / spread


def _look(twin: Network, x: Tensor) -> Tensor:
    twin.forward(x, training=True, keep=True)
    last = twin.hidden[-1]
    return percentiles(last.shown(last.norm.output()))
