"""The loss around trained networks in two random directions: one fleet of moved copies."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
import torch
from torch import Tensor

from bnlab.fleet.inspect.questions import to_numpy
from bnlab.fleet.measurements.fleets import Measuring, trained
from bnlab.fleet.minibatches import Examples
from bnlab.fleet.nn.dense import Network
from bnlab.fleet.nn.loss import cross_entropy
from bnlab.fleet.nn.parameters import Blocks
from bnlab.spec.member import MemberSpec

_CHANCE = 0x5F4CE  # the stream of directions


@torch.inference_mode()
def loss_surface(
    specs: Sequence[MemberSpec], *, points: float = 25, reach: float = 1.0, examples: float = 256
) -> Measuring:
    """Train networks, and evaluate the loss in a plane of parameters around each.

    The plane is p + a d + b e with a and b from -reach to reach. The directions d and e are random
    and filter-normalized: the weights of each unit have the same norm as in p; biases, gamma and
    beta stay. So large weights do not make a loss look flat. The loss is that of a fixed batch of
    training examples, normalized with its own statistics at every point.

    Args:
        specs: dense networks of one seed, without a norm on the input; they share the random
            numbers of their directions.
        points: along each direction, an odd number so that the network itself is one of them.
        reach: half the side of the plane, in norms of the weights.
        examples: the batch size.

    Returns:
        loss (M, points, points): rows are values of b, columns of a.
        validation (M,): accuracy of the network itself, in eval mode.

    Source: Li, Xu, Taylor, Studer & Goldstein 2018 (1712.09913), section 4.
    """
    count = int(points)
    steps = torch.linspace(-reach, reach, count)
    surfaces, accuracies = [], []
    for spec in specs:
        fleet = yield from trained([spec])
        [part] = [fleet.feed.part("validation")]
        answer = fleet.network.forward(part.x, training=False).argmax(1)
        accuracies.append(to_numpy((answer == part.y).float().mean(1)))
        copies = _moved(fleet.network.parameters, spec, steps)
        yield
        losses = yield from _losses(spec, copies, fleet.feed.probe_batch(int(examples)))
        surfaces.append(to_numpy(losses.view(count, count)))
    return {"loss": np.stack(surfaces), "validation": np.concatenate(accuracies)}


def directions(parameters: Blocks, spec: MemberSpec) -> list[dict[str, Tensor]]:
    """Two filter-normalized directions of one network's parameters (M = 1), by block."""
    weights = [name for name in parameters.shapes if name.split(".")[-2] in ("linear", "output")]
    weights = [name for name in weights if name.endswith("weight")]
    found = []
    for place in range(2):
        rng = np.random.default_rng([spec.seed, _CHANCE, place])
        drawn = {}
        for name in weights:
            weight = parameters[name][0]
            random = torch.from_numpy(rng.standard_normal(weight.shape)).to(weight.dtype)
            length = torch.linalg.vector_norm(weight, dim=1, keepdim=True)
            drawn[name] = random * length / torch.linalg.vector_norm(random, dim=1, keepdim=True)
        found.append(drawn)
    return found


def _moved(parameters: Blocks, spec: MemberSpec, steps: Tensor) -> Blocks:
    """A copy of the parameters for each point of the plane, row by row."""
    copies = parameters.select(torch.zeros(len(steps) ** 2, dtype=torch.int64))
    along = steps.repeat(len(steps)), steps.repeat_interleave(len(steps))
    for how_far, direction in zip(along, directions(parameters, spec), strict=True):
        for name, block in direction.items():
            copies[name].add_(how_far.view(-1, 1, 1) * block)
    return copies


def _losses(spec: MemberSpec, copies: Blocks, examples: Examples) -> Generator[None, None, Tensor]:
    """The loss (M,) of each copy in training mode; yields after each layer."""
    network = Network(spec, copies)
    h = examples.x.expand(copies.members, -1, -1)
    for layer in network.hidden:
        h = layer.forward(h, training=True)
        layer.forget()
        yield
    target = examples.target.expand(copies.members, -1, -1)
    return cross_entropy(network.output.forward(h), target)[0]
