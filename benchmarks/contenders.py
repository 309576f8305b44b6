"""What runs in the processes of the fleet's benchmarks: fleets, or plain networks one by one.

`python -m benchmarks.contenders KIND CASE NETWORKS THREADS` reads a number of seconds a line,
trains for so long, and answers with training steps of one network, a second.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import pairwise
from time import perf_counter
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from bnlab.data.datasets import load, minibatches
from bnlab.fleet.plan import FleetPlan, pieces_that_fit, plan_fleets, split
from bnlab.fleet.train import Training
from bnlab.results.frames import QUANTITIES, Quantity
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import MemberSpec

STEPS = 100_000  # more than any round takes
TURN = 20  # steps before the next network or piece has its turn
SWEEP_STEPS = 300


class Case(NamedTuple):
    """Networks to be trained: hidden layers, units in each, minibatch."""

    depth: int
    width: int
    batch_size: int
    norm: str = "batch"
    data: str = "digits"

    @property
    def spec(self) -> MemberSpec:
        """SGD with momentum, evaluated never."""
        return MemberSpec().replace(
            {
                "data.name": self.data,
                "network.depth": self.depth,
                "network.width": self.width,
                "norm.kind": self.norm,
                "optimizer.lr": 0.05,
                "optimizer.momentum": 0.9,
                "batch_size": self.batch_size,
                "steps": STEPS,
                "evaluate_every": 10_000,
            }
        )


def fleet(case: Case, networks: int) -> Iterator[int]:
    """Members in pieces that fit the cache; yields steps taken."""
    (plan,) = plan_fleets(Experiment(base=case.spec, variants={"batch": {}}, seeds=networks))
    pieces = [(len(part.specs), Training(part)) for part in split(plan, pieces_that_fit(plan))]
    while True:
        for members, training in pieces:
            for _ in range(TURN):
                training.step()
            yield TURN * members


def plain(case: Case, networks: int) -> Iterator[int]:
    """Networks of torch.nn and torch.optim, one after the other; yields steps taken."""
    alone = [_plain_network(case, seed) for seed in range(networks)]
    while True:
        for training in alone:
            for _ in range(TURN):
                next(training)
            yield TURN


def _plain_network(case: Case, seed: int) -> Iterator[None]:
    data = load(case.spec.data, seed)
    x, y = torch.tensor(data.x_train, dtype=torch.float32), torch.tensor(data.y_train)
    network = plain_layers(case)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    for chosen in minibatches(len(y), case.batch_size, seed):
        batch = torch.from_numpy(chosen)
        loss = F.cross_entropy(network(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield


def plain_layers(case: Case, *, track_running_stats: bool = True) -> nn.Sequential:
    """A network of torch.nn."""
    layers: list[nn.Module] = []
    features = case.spec.data.facts.features
    for _ in range(case.depth):
        layers += [
            nn.Linear(features, case.width, bias=False),
            nn.BatchNorm1d(case.width, track_running_stats=track_running_stats),
            nn.ReLU(),
        ]
        features = case.width
    return nn.Sequential(*layers, nn.Linear(features, case.spec.data.facts.classes))


def race(case: Case, networks: int) -> Iterator[int]:
    """A network without and one with batch norm in lockstep, evaluated as races are."""
    experiment = Experiment(base=case.spec.replace({"evaluate_every": 20, "optimizer.momentum": 0}))
    pair = [Training(plan) for plan in plan_fleets(experiment)]
    while True:
        for _ in range(TURN):
            for training in pair:
                training.step()
        yield TURN


def looks(case: Case, networks: int, *, quantities: Sequence[Quantity]) -> Iterator[int]:
    """Frames of such a race, without steps."""
    pair = [Training(plan) for plan in plan_fleets(Experiment(base=case.spec))]
    for training in pair:
        training.step()
    while True:
        for training in pair:
            training.look(quantities)
        yield 1


def one_panel(case: Case, networks: int) -> Iterator[int]:
    """The frames of the first screen: activations and pictures."""
    return looks(case, networks, quantities=("activation",))


def all_panels(case: Case, networks: int) -> Iterator[int]:
    """Frames with all quantities and pictures."""
    return looks(case, networks, quantities=QUANTITIES)


def products(case: Case, networks: int) -> Iterator[int]:
    """Only the matrix products of a fleet's steps, by torch.bmm into buffers, in its pieces."""
    (plan,) = plan_fleets(Experiment(base=case.spec, variants={"batch": {}}, seeds=networks))
    pieces = [
        (len(p.specs), _products(case, len(p.specs))) for p in split(plan, pieces_that_fit(plan))
    ]
    while True:
        for members, steps in pieces:
            for _ in range(TURN):
                next(steps)
            yield TURN * members


@torch.inference_mode()
def _products(case: Case, members: int) -> Iterator[None]:
    facts = case.spec.data.facts
    sizes = [facts.features, *[case.width] * case.depth, facts.classes]
    layers = [
        (torch.rand(members, b, a), torch.rand(members, a, case.batch_size))
        for a, b in pairwise(sizes)
    ]
    gradients = [torch.rand(members, b, case.batch_size) for b in sizes[1:]]
    of_weights = [torch.empty_like(weight) for weight, _ in layers]
    while True:
        for (weight, x), z in zip(layers, gradients, strict=True):
            torch.bmm(weight, x, out=z)
        for place in reversed(range(len(layers))):
            (weight, x), gradient = layers[place], gradients[place]
            torch.bmm(gradient, x.mT, out=of_weights[place])
            if place:
                torch.bmm(weight.mT, gradient, out=x)
        yield


def results(case: Case, networks: int) -> Iterator[int]:
    """Whole sweeps of learning rates, from the spec to the last evaluation."""
    specs = [
        case.spec.replace({"steps": SWEEP_STEPS, "optimizer.lr": lr})
        for lr in sweep_rates(networks)
    ]
    plan = FleetPlan(specs=tuple(specs), members=tuple(range(networks)), watched=(), is_quiet=True)
    while True:
        for piece in split(plan, pieces_that_fit(plan)):
            training = Training(piece)
            while not training.is_done:
                training.step()
            training.report()
        yield SWEEP_STEPS * networks


def sweep_rates(networks: int) -> list[float]:
    """The learning rates of a sweep, in which all networks share their minibatches."""
    return [0.001 * 100 ** (place / networks) for place in range(networks)]


KINDS = {
    contender.__name__: contender
    for contender in (fleet, plain, products, results, race, one_panel, all_panels)
}
# Their modules import what is not needed by the others, and may be missing.
RIVALS = {
    "jax_whole": "benchmarks.rival_jax",
    "jax_pieces": "benchmarks.rival_jax",
    "jax_results": "benchmarks.rival_jax",
    "vmap_of_grad": "benchmarks.rival_vmap",
    "sklearn": "benchmarks.rival_sklearn",
}


def main(kind: str, case: str, networks: str, threads: str) -> None:
    """Answer lines until the input ends."""
    torch.set_num_threads(int(threads))
    torch.set_flush_denormal(True)
    depth, width, batch_size, norm, data = case.split(",")
    contender = getattr(import_module(RIVALS[kind]), kind) if kind in RIVALS else KINDS[kind]
    training = contender(Case(int(depth), int(width), int(batch_size), norm, data), int(networks))
    for line in sys.stdin:
        start, steps = perf_counter(), 0
        while perf_counter() - start < float(line):
            steps += next(training)
        print(steps / (perf_counter() - start), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
