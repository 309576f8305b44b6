"""What runs in the processes of `benchmarks.fleet`: a fleet, or plain networks one by one.

`python -m benchmarks.contenders KIND CASE NETWORKS THREADS` reads a number of seconds a line,
trains for so long, and answers with training steps of one network, a second.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from time import perf_counter
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from bnlab.data import load, minibatches
from bnlab.experiment import Experiment
from bnlab.fleet.plan import pieces_that_fit, plan_fleets, split
from bnlab.fleet.train import Look, train
from bnlab.spec import MemberSpec

STEPS = 100_000  # more than any round takes
TURN = 20  # steps before the next network or piece has its turn


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
    pieces = [(len(part.specs), train(part)) for part in split(plan, pieces_that_fit(plan))]
    for _, training in pieces:
        next(training)
    while True:
        for members, training in pieces:
            for _ in range(TURN):
                next(training)
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
    layers: list[nn.Module] = []
    features = x.shape[1]
    for _ in range(case.depth):
        layers += [
            nn.Linear(features, case.width, bias=False),
            nn.BatchNorm1d(case.width),
            nn.ReLU(),
        ]
        features = case.width
    network = nn.Sequential(*layers, nn.Linear(features, 10))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    for chosen in minibatches(len(y), case.batch_size, seed):
        batch = torch.from_numpy(chosen)
        loss = F.cross_entropy(network(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield


def race(case: Case, networks: int) -> Iterator[int]:
    """A network without and one with batch norm in lockstep, evaluated as races are."""
    experiment = Experiment(base=case.spec.replace({"evaluate_every": 20, "optimizer.momentum": 0}))
    pair = [train(plan) for plan in plan_fleets(experiment)]
    for training in pair:
        next(training)
    while True:
        for _ in range(TURN):
            for training in pair:
                next(training)
        yield TURN


def looks(case: Case, networks: int, *, look: Look) -> Iterator[int]:
    """Frames of such a race, without steps."""
    pair = [train(plan) for plan in plan_fleets(Experiment(base=case.spec))]
    for training in pair:
        next(training)
        next(training)
    while True:
        for training in pair:
            training.send(look)
        yield 1


def one_panel(case: Case, networks: int) -> Iterator[int]:
    """The frames of the first screen: activations and pictures."""
    return looks(case, networks, look=Look(frozenset({"activation"})))


def all_panels(case: Case, networks: int) -> Iterator[int]:
    """Frames with all quantities and pictures."""
    return looks(case, networks, look=Look())


KINDS = {contender.__name__: contender for contender in (fleet, plain, race, one_panel, all_panels)}


def main(kind: str, case: str, networks: str, threads: str) -> None:
    """Answer lines until the input ends."""
    torch.set_num_threads(int(threads))
    torch.set_flush_denormal(True)
    depth, width, batch_size, norm, data = case.split(",")
    training = KINDS[kind](Case(int(depth), int(width), int(batch_size), norm, data), int(networks))
    for line in sys.stdin:
        start, steps = perf_counter(), 0
        while perf_counter() - start < float(line):
            steps += next(training)
        print(steps / (perf_counter() - start), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
