"""A rival: the same networks by `torch.func`, vmap over grad, as torch's own guide has it."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap
from torch.nn import functional as F

from benchmarks.contenders import TURN, Case, plain_layers
from bnlab.data.datasets import load, minibatches


def vmap_of_grad(case: Case, networks: int) -> Iterator[int]:
    """All networks as one; yields steps taken.

    Its batch norms keep no running statistics: vmap has no way of writing in place to them.
    """
    data = [load(case.spec.data, seed) for seed in range(networks)]
    x = torch.stack([torch.tensor(part.x_train, dtype=torch.float32) for part in data])
    y = torch.stack([torch.tensor(part.y_train) for part in data])
    alone = [plain_layers(case, track_running_stats=False) for _ in range(networks)]
    network = alone[0]
    parameters, _ = stack_module_state(alone)
    momenta = {name: torch.zeros_like(value) for name, value in parameters.items()}
    gradients = vmap(grad(lambda *arguments: _loss(network, *arguments)))
    orders = [minibatches(x.shape[1], case.batch_size, seed) for seed in range(networks)]
    members = torch.arange(networks).unsqueeze(1)
    while True:
        for _ in range(TURN):
            chosen = torch.stack([torch.from_numpy(next(order)) for order in orders])
            _update(
                parameters, momenta, gradients(parameters, x[members, chosen], y[members, chosen])
            )
        yield TURN * networks


def _loss(network: nn.Module, parameters: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(functional_call(network, parameters, (x,)), y)


@torch.no_grad()
def _update(
    parameters: dict[str, Tensor], momenta: dict[str, Tensor], gradients: dict[str, Tensor]
) -> None:
    for name, momentum in momenta.items():
        momentum.mul_(0.9).add_(gradients[name])
        parameters[name].sub_(momentum, alpha=0.05)
