"""One network of plain `torch.nn` and `torch.optim`, trained alone: what every fleet must equal."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnlab.data import datasets
from bnlab.export.script.norm_modules import NoisyBatchNorm, StandardizedLinear
from bnlab.fleet.nn.init import first_weight
from bnlab.fleet.plan import FleetPlan
from bnlab.fleet.train import Training
from bnlab.spec.member import MemberSpec, NormSpec
from tests.fleet.nn.reference_norms import RELATIVES, relative

ACTIVATIONS = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "gelu": F.gelu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "identity": lambda x: x,
}


def norm_module(spec: NormSpec, features: int) -> nn.Module:
    """The norm as students know it, on (N, features)."""
    module: nn.Module
    if spec.kind == "none":
        return nn.Identity()
    if spec.kind == "batch":
        momentum = None if spec.momentum == "cumulative" else spec.momentum
        module = nn.BatchNorm1d(features, eps=spec.eps, momentum=momentum)
    elif spec.kind == "layer":
        module = nn.LayerNorm(features, eps=spec.eps)
    elif spec.kind in RELATIVES:
        module = relative(spec, features)
    elif spec.kind in ("group", "group_ws"):
        module = nn.GroupNorm(math.gcd(spec.groups, features), features, eps=spec.eps)
    else:
        module = nn.RMSNorm(features, eps=spec.eps)
    for name, parameter in module.named_parameters():
        if spec.affine not in ("both", name):
            parameter.requires_grad_(False)
    return module


class Reference(nn.Module):
    """The network of a spec on (N, F), with the fleet's first weights, data and optimizer."""

    def __init__(self, spec: MemberSpec, dtype: torch.dtype = torch.float64) -> None:
        super().__init__()
        self.spec, network, facts = spec, spec.network, spec.data.facts
        sizes = [facts.features, *[network.width] * network.depth]
        self.input_norm = (
            norm_module(spec.norm, facts.features) if network.norm_on_input else nn.Identity()
        )
        has_bias = not (spec.norm.takes_bias_away and network.norm_placement == "before")
        linear_kind = StandardizedLinear if spec.norm.kind == "group_ws" else nn.Linear
        self.linears = nn.ModuleList(linear_kind(a, b, bias=has_bias) for a, b in pairwise(sizes))
        self.norms = nn.ModuleList(norm_module(spec.norm, network.width) for _ in sizes[1:])
        self._begin_norms()
        self.output = nn.Linear(network.width, facts.classes)
        self.to(dtype)  # before the weights come: they are drawn in float64
        with torch.no_grad():
            for layer, linear in enumerate([*self.linears, self.output]):
                linear.weight.copy_(torch.from_numpy(first_weight(spec, layer)))
                if linear.bias is not None:
                    linear.bias.zero_()
        self.examples = datasets.load(spec.data, spec.seed)
        shape = (network.depth, network.width, spec.batch_size)
        self.uniforms = datasets.dropout_uniforms(shape, spec.seed)
        self.minibatches = datasets.minibatches(facts.train, spec.batch_size, spec.seed)
        self.optimizer = self._optimizer()
        self.pre_activations: list[Tensor] = []

    def _begin_norms(self) -> None:
        for linear in self.linears:
            linear.eps = self.spec.norm.eps
        norms = [part for part in self.modules() if isinstance(part, NoisyBatchNorm)]
        for place, norm in enumerate(norms):  # on the input first
            norm.noise = np.random.default_rng([self.spec.seed, datasets.NOISE, place])

    def forward(self, x: Tensor, *, has_dropout: bool = True) -> Tensor:
        network = self.spec.network
        p = network.dropout if self.training and has_dropout else 0.0
        uniforms = torch.from_numpy(next(self.uniforms)).mT if p else None
        activate = ACTIVATIONS[network.activation]
        self.pre_activations = []
        x = self.input_norm(x)
        for layer, (linear, norm) in enumerate(zip(self.linears, self.norms, strict=True)):
            z = linear(x)
            self.pre_activations.append(z)
            h = activate(norm(z)) if network.norm_placement == "before" else norm(activate(z))
            if uniforms is not None:
                h = h * (uniforms[layer] >= p) / (1 - p)
            x = x + h if network.skips and layer else h
        return self.output(x)

    def part(self, name: str) -> tuple[Tensor, Tensor]:
        """All examples of one part."""
        x, y = getattr(self.examples, f"x_{name}"), getattr(self.examples, f"y_{name}")
        return torch.tensor(x, dtype=self.output.weight.dtype), torch.tensor(y)

    def train_step(self) -> float:
        """One update; its loss."""
        x, y = self.part("train")
        chosen = next(self.minibatches)
        self.train()
        loss = F.cross_entropy(self(x[chosen]), y[chosen])
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def validation(self) -> tuple[float, float]:
        """Loss and accuracy in eval mode."""
        x, y = self.part("validation")
        self.eval()
        logits = self(x)
        return F.cross_entropy(logits, y).item(), (logits.argmax(1) == y).double().mean().item()

    def _optimizer(self) -> torch.optim.Optimizer:
        spec, parameters = self.spec.optimizer, [p for p in self.parameters() if p.requires_grad]
        if spec.kind == "sgd":
            return torch.optim.SGD(
                parameters,
                lr=spec.lr,
                momentum=spec.momentum,
                nesterov=spec.nesterov,
                weight_decay=spec.weight_decay,
            )
        kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[spec.kind]
        return kind(parameters, lr=spec.lr, weight_decay=spec.weight_decay)


SMALL = {
    "data.name": "wine",
    "network.depth": 3,
    "network.width": 8,
    "norm.groups": 2,
    "norm.ghost_size": 4,
    "norm.renorm_from": 1,
    "norm.frozen_from": 6,
    "batch_size": 12,
    "steps": 15,
    "evaluate_every": 5,
}


def small(**overrides: object) -> MemberSpec:
    """A spec of a tiny network; overrides by dotted path, with __ for the dot."""
    named = {path.replace("__", "."): value for path, value in overrides.items()}
    return MemberSpec().replace({**SMALL, **named})  # type: ignore[dict-item]


def training_of(
    plan: FleetPlan, *, steps: int | None = None, dtype: torch.dtype = torch.float64
) -> Training:
    """A fleet after some steps; after all if not given."""
    training = Training(plan, dtype=dtype)
    training.look()
    for _ in range(plan.structure.steps if steps is None else steps):
        training.step()
    return training


def fleet_of(*specs: MemberSpec, watched: tuple[int, ...] = (0,), target: float = 0.9) -> FleetPlan:
    """A fleet of these members."""
    return FleetPlan(specs=specs, members=tuple(range(len(specs))), watched=watched, target=target)
