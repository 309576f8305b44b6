"""What the probes say against direct computation on a plain network."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from torch.nn import functional as F

from bnlab.data import datasets
from bnlab.fleet.inspect.histograms import distributions
from bnlab.fleet.inspect.pictures import describe
from bnlab.fleet.train import Training, train
from bnlab.results.frames import (
    BINS,
    DIVERGED,
    PERCENTILES,
    QUANTITIES,
    REACHED_TARGET,
    Frame,
    Quantity,
    bin_range,
)
from bnlab.spec.member import MemberSpec
from tests.fleet.reference import Reference, fleet_of, small, training_of


def looked(spec: MemberSpec, *, steps: int, target: float = 0.9) -> Frame:
    """A frame after some steps."""
    plan = fleet_of(spec, target=target)
    return (
        training_of(plan, steps=steps).look()
        if steps
        else Training(plan, dtype=torch.float64).look()
    )


def probed(spec: MemberSpec, *, steps: int) -> tuple[Reference, list[torch.Tensor]]:
    """A plain network after some steps with gradients of its probe batch, and its z's."""
    alone = Reference(spec)
    for _ in range(steps):
        alone.train_step()
    chosen = datasets.probe_batch(spec.data.facts.train, 128, spec.seed)
    x, y = alone.part("train")
    alone.train()
    loss = F.cross_entropy(alone(x[chosen], has_dropout=False), y[chosen])
    for z in alone.pre_activations:
        z.retain_grad()
    alone.optimizer.zero_grad()
    loss.backward()
    return alone, alone.pre_activations


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
@pytest.mark.parametrize("steps", [0, 7])
def test_gradients_and_pre_activations_are_those_of_the_probe_batch(norm: str, steps: int) -> None:
    spec = small(norm__kind=norm, network__dropout=0.1)
    frame, (alone, z) = looked(spec, steps=steps), probed(spec, steps=steps)
    norms = [linear.weight.grad.norm().item() for linear in [*alone.linears, alone.output]]
    np.testing.assert_allclose(frame.gradient_norm[0], norms, rtol=1e-5)
    expected = {"pre_activation": z, "gradient": [one.grad for one in z]}
    for quantity, values in expected.items():
        stats = frame.layers[quantity]  # type: ignore[index]
        np.testing.assert_allclose(stats.mean[0], [v.mean().item() for v in values], atol=1e-6)
        std = [v.std(correction=0).item() for v in values]
        np.testing.assert_allclose(stats.std[0], std, rtol=1e-5)
    values = np.stack([one.detach().numpy().ravel() for one in z])
    found = frame.layers["pre_activation"].percentiles[0]
    np.testing.assert_allclose(found, np.percentile(values, PERCENTILES, axis=1).T, rtol=1e-4)


def test_normalized_values_have_mean_0_and_variance_just_under_1() -> None:
    frame = looked(small(norm__kind="batch"), steps=9)
    np.testing.assert_allclose(frame.layers["normalized"].mean, 0, atol=1e-6)
    assert (frame.layers["normalized"].std < 1).all()
    np.testing.assert_allclose(frame.layers["normalized"].std, 1, atol=1e-3)


def test_without_a_norm_what_is_normalized_passes_unchanged() -> None:
    layers = looked(small(), steps=3).layers
    assert layers["normalized"].mean.tobytes() == layers["pre_activation"].mean.tobytes()


def test_update_ratio_is_the_last_update_over_the_weight() -> None:
    spec = small(optimizer__momentum=0.9)
    alone = Reference(spec)
    for _ in range(6):
        before = [linear.weight.detach().clone() for linear in [*alone.linears, alone.output]]
        alone.train_step()
    ratios = [
        ((linear.weight - old).norm() / linear.weight.norm()).item()
        for linear, old in zip([*alone.linears, alone.output], before, strict=True)
    ]
    np.testing.assert_allclose(looked(spec, steps=6).update_ratio[0], ratios, rtol=1e-5)


def test_before_the_first_step_there_is_no_update() -> None:
    assert np.isnan(looked(small(), steps=0).update_ratio).all()


def test_dead_and_saturated_shares_count_units_and_activations() -> None:
    spec = small(network__gain=2.0, optimizer__lr=0.5)
    frame, (_, z) = looked(spec, steps=7), probed(spec, steps=7)
    np.testing.assert_allclose(
        frame.dead[0], [(one <= 0).all(0).double().mean().item() for one in z], rtol=1e-6
    )
    np.testing.assert_allclose(
        frame.saturated[0], [(one <= 0).double().mean().item() for one in z], rtol=1e-6
    )


def test_gaps_compare_the_running_statistics_with_those_of_the_probe_batch() -> None:
    spec = small(norm__kind="batch")
    alone = Reference(spec)
    for _ in range(7):
        alone.train_step()
    running = [(m.running_mean.clone(), m.running_var.clone()) for m in alone.norms]
    _, z = probed(spec, steps=7)
    frame = looked(spec, steps=7)
    for layer, (mean, var) in enumerate(running):
        seen = z[layer].detach()
        batch_var = seen.var(0) + spec.norm.eps
        shift = ((mean - seen.mean(0)) / batch_var.sqrt()).square().mean().sqrt().item()
        ratio = torch.log10((var + spec.norm.eps) / batch_var).square().mean().sqrt().item()
        assert frame.mean_gap[0, layer] == pytest.approx(shift, rel=1e-4)
        assert frame.var_gap[0, layer] == pytest.approx(ratio, rel=1e-4)


def test_without_running_statistics_there_is_no_gap() -> None:
    assert np.isnan(looked(small(norm__kind="layer"), steps=2).mean_gap).all()


def test_exact_accuracy_uses_the_statistics_of_the_whole_training_part() -> None:
    spec = small(norm__kind="batch", steps=4, evaluate_every=4, norm__momentum=0.01)
    alone = Reference(spec)
    for _ in range(4):
        alone.train_step()
    h = alone.part("train")[0]
    with torch.no_grad():
        for linear, norm in zip(alone.linears, alone.norms, strict=True):
            z = linear(h)
            norm.running_mean, norm.running_var = z.mean(0), z.var(0)
            h = torch.relu(norm.eval()(z))
    exact = alone.validation()[1]
    frame = looked(spec, steps=4)
    assert frame.exact_accuracy[0, -1] == pytest.approx(exact)
    assert frame.exact_accuracy[0, -1] != frame.validation_accuracy[0, -1]


def test_without_batch_norm_exact_accuracy_is_validation_accuracy() -> None:
    frame = looked(small(norm__kind="rms"), steps=10)
    assert frame.exact_accuracy.tobytes() == frame.validation_accuracy.tobytes()


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
@settings(max_examples=15)
@given(
    values=st_numpy.arrays(
        np.float32,
        st.tuples(st.just(1), st.integers(1, 3), st.integers(1, 40)),
        elements=st.floats(width=32) | st.floats(-8, 8, width=32),
    )
)
def test_histograms_lose_no_value(values: np.ndarray, quantity: Quantity, activation: str) -> None:
    _, histogram = distributions(values, quantity, activation=activation)
    total = histogram.counts.sum(-1) + histogram.under + histogram.over
    assert (total == values.shape[-1]).all()


def test_histograms_agree_with_numpy() -> None:
    values = np.random.default_rng(0).standard_normal((2, 3, 500)).astype(np.float32) * 3
    percentiles, histogram = distributions(values, "normalized", activation="relu")
    low, high = bin_range("normalized", "relu")
    for row, counts in zip(values.reshape(6, -1), histogram.counts.reshape(6, -1), strict=True):
        np.testing.assert_array_equal(counts, np.histogram(row, BINS, (low, high))[0])
    expected = np.moveaxis(np.percentile(values, PERCENTILES, axis=-1), 0, -1)
    np.testing.assert_allclose(percentiles, expected, rtol=1e-5)


def test_a_gradient_of_zero_counts_as_under_and_not_a_number_as_over() -> None:
    values = np.array([[[0.0, 0.0, 1e-3, np.nan]]], dtype=np.float32)
    _, histogram = distributions(values, "gradient", activation="relu")
    assert histogram.under.item() == 2
    assert histogram.over.item() == 1


def test_wide_layers_are_sampled_so_that_counts_fit() -> None:
    frame = looked(small(data__name="digits", network__width=300, steps=1), steps=0)
    total = frame.layers["activation"].histogram.counts.sum(-1, dtype=np.int64)
    assert (total <= 2**14).all()
    assert (total > 2**13).all()


def test_a_fleet_that_reaches_its_target_says_so() -> None:
    assert looked(small(norm__kind="batch"), steps=15, target=0.3).status.tolist() == [
        REACHED_TARGET
    ]


def test_a_diverged_network_still_yields_whole_frames() -> None:
    frame = looked(small(optimizer__lr=1000.0, network__gain=100.0, steps=30), steps=30)
    assert frame.status.tolist() == [DIVERGED]
    assert np.isnan(frame.validation_accuracy[0, -1])  # it gives no answer, not a wrong one
    assert frame.layers["activation"].histogram.over.sum() > 0
    assert np.isnan(frame.layers["activation"].percentiles).any()


@pytest.mark.parametrize("norm", ["none", "batch"])
def test_the_decision_image_holds_the_class_the_network_answers(norm: str) -> None:
    spec = small(data__name="spirals", data__arms=3, norm__kind=norm, steps=20)
    frame = looked(spec, steps=20)
    alone = Reference(spec)
    for _ in range(20):
        alone.train_step()
    alone.eval()
    x0, x1, y0, y1 = describe(fleet_of(spec))["extent"].astype(float)
    assert frame.decision is not None
    side = frame.decision.shape[1]
    y, x = np.meshgrid(np.linspace(y0, y1, side), np.linspace(x0, x1, side), indexing="ij")
    with torch.no_grad():
        logits = alone(torch.tensor(np.stack([x.ravel(), y.ravel()], 1)))
    classes = logits.argmax(1).numpy().reshape(side, side)
    np.testing.assert_array_equal(frame.decision[0].astype(float) * 3 // 255, classes)


def test_digits_show_examples_with_the_answer_of_the_network() -> None:
    spec = small(data__name="digits", norm__kind="batch", steps=10)
    plan = fleet_of(spec, spec.replace({"seed": 1}), watched=(1,))
    pictures, frame = describe(plan), list(train(plan))[-1]
    loaded = datasets.load(spec.data, 1)
    assert pictures["examples"].shape == (12, 8, 8)
    assert pictures["examples"].max() == 16
    np.testing.assert_array_equal(pictures["example_classes"], loaded.y_validation[:12])
    alone = Reference(spec.replace({"seed": 1}), dtype=torch.float32)
    for _ in range(10):
        alone.train_step()
    alone.eval()
    probability, answer = torch.softmax(alone(alone.part("validation")[0][:12]), 1).max(1)
    assert frame.answers is not None
    assert frame.confidence is not None
    np.testing.assert_array_equal(frame.answers[0], answer)
    np.testing.assert_allclose(frame.confidence[0], probability.detach(), rtol=1e-3)


def test_a_fleet_nobody_watches_still_measures_every_member() -> None:
    plan = fleet_of(small(data__name="moons"), small(data__name="moons", seed=1), watched=())
    frame = list(train(plan, every=5))[-1]
    assert frame.layers["activation"].mean.shape == (2, 3)
    assert frame.layers["activation"].percentiles.shape == (0, 3, 3)
    assert frame.decision is not None
    assert frame.decision.shape == (0, 48, 48)
