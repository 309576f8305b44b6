"""What the microscope shows of a unit against a plain network and autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from bnlab.by_hand import batch_norm
from bnlab.fleet.inspect.units import unit
from bnlab.results.frames import Array
from bnlab.spec.member import MemberSpec
from tests.fleet.asked import AskedFleet, nth_minibatch, nth_uniforms, trained
from tests.fleet.nn.reference_norms import RELATIVES
from tests.fleet.reference import small


def seen_by_torch(spec: MemberSpec, *, steps: int, layer: int) -> dict[str, Array]:
    """x, y and dL/dy (N, F) of a norm on the last minibatch under the present weights."""
    alone = trained(spec, steps=steps)
    norm, kept = alone.norms[layer], {}
    running = {
        name: getattr(norm, name).clone().numpy()
        for name in ("running_mean", "running_var")
        if hasattr(norm, name)
    }

    def keep(_: object, inputs: tuple[torch.Tensor, ...], y: torch.Tensor) -> None:
        y.retain_grad()
        kept.update(x=inputs[0], y=y)

    norm.register_forward_hook(keep)
    x, y = alone.part("train")
    chosen = nth_minibatch(spec, max(1, steps))
    alone.uniforms = iter([nth_uniforms(spec, max(1, steps))])
    alone.train()
    F.cross_entropy(alone(x[chosen]), y[chosen]).backward()
    learned = {name: value.detach().numpy() for name, value in norm.named_parameters()}
    return {
        "x": kept["x"].detach().numpy(),
        "y": kept["y"].detach().numpy(),
        "grad_y": kept["y"].grad.numpy(),
        **learned,
        **running,
    }


@pytest.mark.parametrize("steps", [0, 7])
@pytest.mark.parametrize("placement", ["before", "after"])
@pytest.mark.parametrize(
    "changes",
    [
        {"norm__kind": "batch"},
        {"norm__kind": "batch", "network__skips": True, "network__norm_on_input": True},
        {"norm__kind": "batch", "network__dropout": 0.3, "norm__affine": "weight"},
        {"norm__kind": "layer", "network__activation": "tanh"},
        {"norm__kind": "group"},
        {"norm__kind": "rms"},
        {"norm__kind": "none"},
        *({"norm__kind": kind} for kind in RELATIVES),
    ],
    ids=str,
)
def test_a_unit_is_what_torch_and_autograd_say(
    changes: dict[str, object], placement: str, steps: int
) -> None:
    spec = small(network__norm_placement=placement, **changes)
    fleet = AskedFleet(spec.replace({"seed": 1}), spec, steps=steps)
    for layer, place in ((0, 2), (1, 5), (2, 0)):
        expected = seen_by_torch(spec, steps=steps, layer=layer)
        answer = fleet.answer(unit, member=1, layer=layer, unit=place)
        for name in ("x", "y", "grad_y"):
            np.testing.assert_allclose(answer[name], expected[name][:, place], atol=1e-12)
        for name in ("weight", "bias", "running_mean", "running_var"):
            missing = {"weight": 1.0, "bias": 0.0}.get(name, np.nan)
            value = expected[name][place] if name in expected else missing
            np.testing.assert_allclose(answer[name], value, atol=1e-12)
        if spec.norm.kind != "batch_noisy":  # its y is moved by chance
            y = answer["weight"] * answer["normalized"] + answer["bias"]
            np.testing.assert_allclose(y, answer["y"], atol=1e-12)
        assert answer["mean"] == pytest.approx(expected["x"][:, place].mean(), abs=1e-12)
        assert answer["var"] == pytest.approx(expected["x"][:, place].var(), abs=1e-12)
        assert answer["step"] == steps
        assert answer["is_batch"] == spec.norm.is_batch
        assert answer["eps"] == spec.norm.eps


def test_a_batch_norm_unit_is_the_layer_by_hand() -> None:
    spec = small(norm__kind="batch", norm__eps=0.01)
    answer = AskedFleet(spec, steps=5).answer(unit, member=0, layer=1, unit=3)
    by_hand = batch_norm.forward(
        answer["x"][:, None],
        answer["weight"].reshape(1),
        answer["bias"].reshape(1),
        eps=float(answer["eps"]),
    )
    np.testing.assert_allclose(by_hand.x_hat[:, 0], answer["normalized"], atol=1e-10)
    np.testing.assert_allclose(by_hand.y[:, 0], answer["y"], atol=1e-10)
    np.testing.assert_allclose(by_hand.mean, answer["mean"], atol=1e-10)
    np.testing.assert_allclose(by_hand.variance, answer["var"], atol=1e-10)


def test_before_the_first_step_it_is_the_minibatch_that_comes_first() -> None:
    spec = small(norm__kind="batch")
    fleet = AskedFleet(spec, steps=0)
    first = fleet.answer(unit, member=0, layer=0, unit=0)["x"]
    fleet.training.step()
    after = fleet.answer(unit, member=0, layer=0, unit=0)["x"]
    still = trained(spec, steps=0).linears[0]
    x = trained(spec, steps=0).part("train")[0][nth_minibatch(spec, 1)]
    np.testing.assert_allclose(first, still(x).detach().numpy()[:, 0], atol=1e-12)
    assert not np.allclose(first, after)  # the same examples, under other weights


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"layer": 3, "unit": 0}, "layer must be 0 to 2 (got 3)."),
        ({"layer": 0, "unit": 8}, "unit must be 0 to 7 (got 8)."),
    ],
)
def test_a_unit_that_is_not_there_is_refused(where: dict[str, int], words: str) -> None:
    assert AskedFleet(small(), steps=0).refusal(unit, member=0, **where) == words
