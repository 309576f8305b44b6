"""Norms, activations and optimizers against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from bnlab.fleet.nn.activations import ACTIVATIONS
from bnlab.fleet.nn.batch_norm import BatchNorm
from bnlab.fleet.nn.norm_kinds import NORMS
from bnlab.fleet.nn.norms import Norm
from bnlab.fleet.nn.optim import OPTIMIZERS
from bnlab.fleet.nn.parameters import Blocks
from bnlab.spec.member import Affine, NormSpec, OptimizerSpec
from tests.fleet.reference import ACTIVATIONS as TORCH_ACTIVATIONS
from tests.fleet.reference import norm_module

MEMBERS, FEATURES, N = 2, 8, 7
RNG = torch.Generator().manual_seed(0)


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=RNG, dtype=torch.float64)


def bound(kind: type[Norm], spec: NormSpec, *, features: int = FEATURES) -> Norm:
    """A norm with random gammas and betas of its own."""
    norm = kind(spec, features=features, members=MEMBERS, like=random(1))
    for name in norm.learned(spec):
        norm.bind(name, random(MEMBERS, features, 1), random(MEMBERS, features, 1))
    return norm


@pytest.mark.parametrize("features", [FEATURES, 6])
@pytest.mark.parametrize("affine", ["both", "weight", "bias", "none"])
@pytest.mark.parametrize("kind", NORMS)
def test_a_norm_equals_the_module_of_torch_there_and_back(
    kind: str, affine: Affine, features: int
) -> None:
    spec = NormSpec.model_validate({"kind": kind, "affine": affine, "groups": 4})
    norm = bound(NORMS[kind], spec, features=features)
    x, gradient = 1 + 2 * random(MEMBERS, features, N), random(MEMBERS, features, N)
    with torch.inference_mode():
        y = norm.forward(x, training=True)
        x_gradient = norm.backward(gradient)
    for member in range(MEMBERS):
        module = norm_module(spec, features).double()
        for name in norm.learned(spec):
            values = getattr(norm, name).view(MEMBERS, features)[member]
            getattr(module, name).data.copy_(values)
        alone = x[member].T.clone().requires_grad_()
        out = module(alone)
        out.backward(gradient[member].T)
        torch.testing.assert_close(y[member].T, out.detach())
        torch.testing.assert_close(x_gradient[member].T, alone.grad)
        for name in norm.learned(spec):
            mine = getattr(norm, f"{name}_gradient").view(MEMBERS, features)[member]
            torch.testing.assert_close(mine, getattr(module, name).grad)


class DoubledNorm(Norm):
    """A new norm is one class with `normalize`; here x^2 / mean |x|."""

    def normalize(self, x: Tensor, *, training: bool) -> Tensor:
        return x.square() / x.abs().mean(1, keepdim=True)


def test_a_norm_that_brings_only_normalize_finds_its_way_back() -> None:
    norm = bound(DoubledNorm, NormSpec(kind="layer"))
    x, gradient = random(MEMBERS, FEATURES, N), random(MEMBERS, FEATURES, N)
    with torch.inference_mode():
        norm.forward(x, training=True)
        mine = norm.backward(gradient)
    x.requires_grad_()
    (norm.normalize(x, training=True) * norm.weight + norm.bias).backward(gradient)
    torch.testing.assert_close(mine, x.grad)


@pytest.mark.parametrize("momentum", [0.1, 1.0, "cumulative"])
def test_running_statistics_are_those_of_torch(momentum: float | str) -> None:
    spec = NormSpec.model_validate({"kind": "batch", "momentum": momentum})
    norm = bound(BatchNorm, spec)
    assert isinstance(norm, BatchNorm)
    modules = [norm_module(spec, FEATURES).double() for _ in range(MEMBERS)]
    for _ in range(3):
        x = 1 + 2 * random(MEMBERS, FEATURES, N)
        norm.forward(x, training=True)
        for member, module in enumerate(modules):
            module(x[member].T)
    for name in ("running_mean", "running_var"):
        theirs = torch.cat([getattr(module, name) for module in modules])
        torch.testing.assert_close(getattr(norm, name), theirs)


def test_running_var_uses_the_unbiased_estimate() -> None:
    norm = bound(BatchNorm, NormSpec(kind="batch", momentum=1.0))
    assert isinstance(norm, BatchNorm)
    x = random(MEMBERS, FEATURES, N)
    norm.forward(x, training=True)
    torch.testing.assert_close(norm.running_var, x.var(2, correction=1).view(-1))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_equals_that_of_torch_there_and_back(name: str) -> None:
    x, gradient = random(MEMBERS, FEATURES, N), random(MEMBERS, FEATURES, N)
    activation = ACTIVATIONS[name]()
    with torch.inference_mode():
        y = activation.forward(x)
        x_gradient = activation.backward(gradient)
        derivative = activation.derivative()
    x.requires_grad_()
    out = TORCH_ACTIVATIONS[name](x)
    slope = torch.autograd.grad(out, x, torch.ones_like(out), retain_graph=True)[0]
    torch.testing.assert_close(y, out.detach())
    torch.testing.assert_close(x_gradient, torch.autograd.grad(out, x, gradient)[0])
    torch.testing.assert_close(derivative, slope)


@pytest.mark.parametrize(
    ("name", "values", "flat"),
    [
        ("relu", [-1.0, 0.0, 1.0], [1, 1, 0]),
        ("leaky_relu", [-9.0, 0.5], [0, 0]),
        ("gelu", [-4.0, 0.0, 3.0], [1, 0, 0]),
        ("tanh", [-2.0, 0.5, 1.7, 2.0], [1, 0, 0, 1]),
        ("sigmoid", [-3.0, -2.9, 0.0, 3.0], [1, 0, 0, 1]),
        ("identity", [-100.0, 100.0], [0, 0]),
    ],
)
def test_an_activation_knows_its_flat_parts(
    name: str, values: list[float], flat: list[int]
) -> None:
    activation = ACTIVATIONS[name]()
    y = activation.forward(torch.tensor(values))
    assert activation.is_flat(y).tolist() == [bool(is_so) for is_so in flat]


OPTIONS = [
    {},
    {"momentum": 0.9},
    {"momentum": 0.9, "weight_decay": 0.1},
    {"momentum": 0.5, "nesterov": True, "weight_decay": 0.1},
    {"kind": "adam"},
    {"kind": "adam", "weight_decay": 0.1},
    {"kind": "adamw", "weight_decay": 0.1},
    {"kind": "adamw"},
]


def torch_optimizer(spec: OptimizerSpec, parameter: nn.Parameter) -> torch.optim.Optimizer:
    if spec.kind == "sgd":
        options = spec.model_dump(exclude={"kind"})
        return torch.optim.SGD([parameter], **options)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[spec.kind]
    return kind([parameter], lr=spec.lr, weight_decay=spec.weight_decay)


@pytest.mark.parametrize("are_equal", [True, False])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_an_optimizer_equals_torch_step_by_step(
    options: dict[str, object], are_equal: bool
) -> None:
    other = {} if are_equal else {"lr": 0.03, "weight_decay": 0.02}
    specs = [OptimizerSpec.model_validate(o) for o in (options, {**options, **other})]
    shapes = {"a": (3, 2), "b": (4, 1)}
    theta = Blocks(shapes, random(2 * 10))
    g = theta.zeros_like()
    optimizer = OPTIMIZERS[specs[0].kind](specs, theta, g)
    alone = [
        nn.Parameter(torch.cat([theta[name][member].reshape(-1) for name in shapes]).clone())
        for member in range(2)
    ]
    theirs = [torch_optimizer(spec, p) for spec, p in zip(specs, alone, strict=True)]
    for _ in range(5):
        g.flat.copy_(random(20))
        before = theta.flat.clone()
        for member, (parameter, rival) in enumerate(zip(alone, theirs, strict=True)):
            parameter.grad = torch.cat([g[name][member].reshape(-1) for name in shapes])
            rival.step()
        optimizer.step()
        torch.testing.assert_close(before - theta.flat, optimizer.last_update())
        for member, parameter in enumerate(alone):
            mine = torch.cat([theta[name][member].reshape(-1) for name in shapes])
            torch.testing.assert_close(mine, parameter.detach())


def test_blocks_spread_one_value_a_member_over_its_parameters() -> None:
    blocks = Blocks({"a": (2, 2), "b": (3,)}, torch.zeros(14))
    spread = blocks.views_of(blocks.spread(torch.tensor([1.0, 2.0])))
    for view in spread.values():
        assert (view[0] == 1).all()
        assert (view[1] == 2).all()


def test_blocks_select_members() -> None:
    blocks = Blocks({"a": (2,), "b": (1,)}, torch.arange(9.0))
    chosen = blocks.select(torch.tensor([2, 0]))
    assert chosen["a"].tolist() == [[4, 5], [0, 1]]
    assert chosen["b"].tolist() == [[8], [6]]
