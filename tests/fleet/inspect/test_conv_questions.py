"""Questions to image networks, and what probes see in them, against plain torch and autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnlab.data import datasets
from bnlab.fleet.inspect.batch_dependence import companions, modes
from bnlab.fleet.inspect.folding import fold
from bnlab.fleet.inspect.units import unit
from bnlab.fleet.plan import FleetPlan, numbers_held, pieces_that_fit
from bnlab.results.frames import Array, Frame
from bnlab.spec.experiment import ProbeSpec
from bnlab.spec.member import MemberSpec
from tests.fleet.asked import AskedFleet, nth_minibatch, nth_uniforms
from tests.fleet.image_reference import ImageReference, small_images
from tests.fleet.reference import fleet_of, training_of

KINDS = ("vgg", "resnet", "inception")


def trained(spec: MemberSpec, *, steps: int) -> ImageReference:
    """One plain network after some steps, in float64."""
    alone = ImageReference(spec)
    for _ in range(steps):
        alone.train_step()
    return alone


def per_channel(values: Tensor) -> Array:
    """(C, N*H*W) from (N, C, H, W)."""
    return values.detach().transpose(0, 1).flatten(1).numpy()


def seen_by_torch(spec: MemberSpec, *, steps: int, layer: int) -> dict[str, Array]:
    """x, y and dL/dy (C, N*H*W) of a norm on the last minibatch under the present weights."""
    alone, kept = trained(spec, steps=steps), {}

    def keep(_: object, inputs: tuple[Tensor, ...], y: Tensor) -> None:
        y.retain_grad()
        kept.update(x=inputs[0], y=y)

    alone.norms[layer].register_forward_hook(keep)
    x, y = alone.part("train")
    chosen = nth_minibatch(spec, steps)
    alone.uniforms = iter([nth_uniforms(spec, steps)])
    alone.train()
    F.cross_entropy(alone(x[chosen]), y[chosen]).backward()
    seen = {"x": kept["x"], "y": kept["y"], "grad_y": kept["y"].grad}
    return {name: per_channel(value) for name, value in seen.items()}


@pytest.mark.parametrize("placement", ["before", "after"])
@pytest.mark.parametrize("norm", ["batch", "group", "rms", "batch_scale"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_channel_is_what_torch_and_autograd_say(kind: str, norm: str, placement: str) -> None:
    spec = small_images(
        network__kind=kind,
        norm__kind=norm,
        network__norm_placement=placement,
        network__dropout=0.2,
        optimizer__lr=0.02,
    )
    fleet = AskedFleet(spec.replace({"seed": 1}), spec, steps=3)
    for layer, place in ((0, 2), (2, 5)):
        expected = seen_by_torch(spec, steps=3, layer=layer)
        answer = fleet.answer(unit, member=1, layer=layer, unit=place)
        for name in ("x", "y", "grad_y"):
            np.testing.assert_allclose(answer[name], expected[name][place], atol=1e-10)
        assert answer["mean"] == pytest.approx(expected["x"][place].mean(), abs=1e-10)
        assert answer["var"] == pytest.approx(expected["x"][place].var(), abs=1e-10)


def test_of_many_positions_some_are_shown_and_all_are_averaged() -> None:
    spec = small_images(norm__kind="batch", batch_size=40)
    answer = AskedFleet(spec, steps=2).answer(unit, member=0, layer=0, unit=3)
    expected = seen_by_torch(spec, steps=2, layer=0)["x"][3]
    assert answer["x"].shape == answer["grad_y"].shape == (1024,)
    assert np.isin(answer["x"].round(9), expected.round(9)).all()
    assert answer["mean"] == pytest.approx(expected.mean(), abs=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_the_folded_network_gives_the_same_logits_with_fewer_operations(kind: str) -> None:
    spec = small_images(norm__kind="batch", network__kind=kind)
    answer = AskedFleet(spec, steps=6).answer(fold, member=0, batch_size=8, repeats=2)
    assert answer["logits_scale"] > 0
    assert answer["difference"] <= 1e-12 * max(1.0, answer["logits_scale"])
    assert answer["parameters_after"] == spec.parameters
    assert answer["operations_after"] == spec.work
    # A norm is an addition and a multiply-add a value; the bias that takes its place, an addition.
    assert answer["operations_before"] == spec.work + spec.activations


@pytest.mark.parametrize(
    "changes", [{"network__norm_placement": "after"}, {"network__norm_on_input": True}], ids=str
)
def test_a_norm_in_front_of_a_convolution_is_not_folded(changes: dict[str, object]) -> None:
    spec = small_images(norm__kind="batch", **changes)
    refusal = AskedFleet(spec, steps=1).refusal(fold, member=0, batch_size=8, repeats=1)
    assert "(got vgg with the norm in front of a convolution)" in refusal


@pytest.mark.parametrize("kind", KINDS)
def test_companions_and_modes_answer_as_plain_networks_do(kind: str) -> None:
    spec = small_images(norm__kind="batch", network__kind=kind)
    fleet, alone = AskedFleet(spec, steps=8), trained(spec, steps=8)
    x, labels = alone.part("test")
    seen = fleet.answer(
        companions, member=0, example=4, batch_size=6, draws=3, seed=1, order="shuffled"
    )
    batches = np.concatenate([np.full((3, 1), 4), seen["companions"]], 1)
    with torch.no_grad():
        in_eval = alone.eval()(x)
        in_training = [alone.train()(x[batch])[0].softmax(0).numpy() for batch in batches]
    np.testing.assert_allclose(seen["eval"], in_eval[4].softmax(0).numpy(), atol=1e-10)
    np.testing.assert_allclose(seen["training"], in_training, atol=1e-10)
    found = fleet.answer(modes, member=0, batch_sizes=(1, 50), seed=0)
    assert found["eval"] == pytest.approx((in_eval.argmax(1) == labels).double().mean().item())
    assert np.isfinite(found["shuffled"]).all()  # one image alone has statistics: its positions


@pytest.mark.parametrize("placement", ["before", "after"])
@pytest.mark.parametrize("kind", KINDS)
def test_exact_statistics_are_those_of_all_training_images(
    kind: str, placement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bnlab.fleet.nn.conv.VALUES_AT_ONCE", 2**16)  # in several parts …
    monkeypatch.setattr("bnlab.fleet.nn.conv.RECALIBRATED_AT_ONCE", 2**20)  # … a member at a time
    specs = [
        small_images(
            norm__kind="batch", network__kind=kind, network__norm_placement=placement, seed=seed
        )
        for seed in (0, 3)
    ]
    frame = _frame(fleet_of(*specs), steps=4)
    for member, spec in enumerate(specs):
        alone = trained(spec, steps=4)
        x, y = alone.part("train")
        alone.eval()
        for norm in alone.norms:
            _recalibrate(alone, norm, x)
        x, y = alone.part("validation")
        with torch.no_grad():
            accuracy = (alone(x).argmax(1) == y).double().mean().item()
        assert frame.exact_accuracy[member, -1] == pytest.approx(accuracy, abs=1e-12)


def _recalibrate(alone: ImageReference, norm: nn.Module, x: Tensor) -> None:
    """Statistics of one norm, of all inputs, through those of the norms before it."""
    seen: list[Tensor] = []
    hook = norm.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        alone(x)
    hook.remove()
    norm.running_mean = seen[0].mean((0, 2, 3))
    norm.running_var = seen[0].transpose(0, 1).flatten(1).var(1)


def _frame(plan: FleetPlan, *, steps: int) -> Frame:
    return training_of(plan, steps=steps).look()


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
@pytest.mark.parametrize("kind", KINDS)
def test_probes_see_what_autograd_sees(kind: str, norm: str) -> None:
    spec = small_images(network__kind=kind, norm__kind=norm, network__depth=4)
    frame = _frame(fleet_of(spec.replace({"seed": 2}), spec, watched=(1,)), steps=3)
    alone = trained(spec, steps=3)
    x, y = alone.part("train")
    chosen = datasets.probe_batch(len(x), 128, spec.seed)
    alone.train().zero_grad()
    loss = F.cross_entropy(alone(x[chosen]), y[chosen])
    gradients = torch.autograd.grad(loss, alone.pre_activations, retain_graph=True)
    loss.backward()
    norms = [
        torch.cat([part.weight.grad.flatten() for part in side.parts]).norm().item()
        for side in alone.linears
    ]
    norms.append(alone.output.weight.grad.norm().item())
    np.testing.assert_allclose(frame.gradient_norm[1], norms, rtol=1e-5)
    for quantity, values in (
        ("pre_activation", alone.pre_activations),
        ("gradient", gradients),
    ):
        stats = frame.layers[quantity]
        means = [layer.mean().item() for layer in values]
        stds = [layer.std(correction=0).item() for layer in values]
        np.testing.assert_allclose(stats.mean[1], means, rtol=1e-4, atol=1e-8)
        np.testing.assert_allclose(stats.std[1], stds, rtol=1e-4)
        counted = stats.histogram.counts.sum(2) + stats.histogram.under + stats.histogram.over
        assert len(set(counted.ravel().tolist())) == 1  # as many of each layer


def test_the_percentiles_of_thinned_images_are_near_those_of_all() -> None:
    spec = small_images(norm__kind="batch")
    frame = _frame(fleet_of(spec), steps=3)
    alone = trained(spec, steps=3)
    x, _ = alone.part("train")
    alone.train()(x[datasets.probe_batch(len(x), 128, spec.seed)])
    every = [np.percentile(z.detach().numpy(), (15, 50, 85)) for z in alone.pre_activations]
    spread = [z.detach().std().item() for z in alone.pre_activations]
    shown = frame.layers["pre_activation"].percentiles[0]
    assert (np.abs(shown - every) < 0.1 * np.array(spread)[:, None]).all()


@pytest.mark.parametrize("norm", ["batch", "batch_ghost"])
def test_recorded_statistics_of_a_layer_are_one_a_channel(norm: str) -> None:
    spec = small_images(norm__kind=norm)
    plan = FleetPlan((spec,), (0,), watched=(0,), probe=ProbeSpec(layer=2))
    frame = _frame(plan, steps=4)
    alone = trained(spec, steps=4)
    kept = alone.norms[2] if norm == "batch" else alone.norms[2].norm
    assert frame.statistics is not None and frame.statistics.shape == (1, 6, 8)
    np.testing.assert_allclose(frame.statistics[0, 0], kept.running_mean.numpy(), atol=1e-10)
    np.testing.assert_allclose(frame.statistics[0, 1], kept.running_var.numpy(), atol=1e-10)
    assert np.isfinite(frame.statistics).all()


def test_what_image_networks_hold_is_counted_with_their_positions() -> None:
    dense = small_images(network__kind="dense", norm__kind="batch")
    images = small_images(norm__kind="batch")
    assert numbers_held(fleet_of(images)) > 8 * numbers_held(fleet_of(dense))
    many = fleet_of(*[images.replace({"seed": seed}) for seed in range(64)])
    assert pieces_that_fit(many, cache_bytes=3 * 2**20) == 5
    assert images.activations == 8 * (64 + 64 + 16)
    assert images.parameters == 9 * 8 + 2 * 9 * 8 * 8 + 3 * 8 + 8 * 10 + 10
    assert images.work == 64 * 80 + 64 * 584 + 16 * 584 + 90
