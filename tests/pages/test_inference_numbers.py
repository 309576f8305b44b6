"""The numbers on the page "Training and inference" are those of the same network in plain torch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import Tensor, nn
from torch.nn import functional as F

from bnlab.lab.lab import get_lab
from bnlab.lab.workers.protocol.queries import BatchDependence
from bnlab.results.frames import Array
from tests.fleet.asked import (
    accuracy,
    held_out,
    in_eval_mode,
    in_training_mode,
    sequential,
    trained,
    with_exact_statistics,
)
from tests.fleet.reference import Reference
from tests.pages.test_train_vs_eval import figures, run_of, said, train

STEPS = 20
EXAMPLE, BATCH, DRAWS = 7, 4, 6
SHIFT, SCALE = 1.5, 0.5
ROUNDED = 0.0006  # of a share that is written as 12.3 %
ONE_EXAMPLE = 1.01 / 300  # the page computes in float32: a close call may fall the other way


@pytest.fixture(scope="module")
def page(one_worker: None) -> Iterator[AppTest]:
    """The page with a network of 20 steps."""
    yield train(
        {
            "steps": str(STEPS),
            "view.example": str(EXAMPLE + 1),
            "view.companions": str(BATCH),
            "view.draws": str(DRAWS),
            "view.shift": str(SHIFT),
            "view.scale": str(SCALE),
        }
    )


@pytest.fixture(scope="module")
def alone(page: AppTest) -> Reference:
    """The same network, trained alone with torch.nn and torch.optim."""
    return trained(run_of(page).experiment.base, steps=STEPS)


@pytest.fixture(scope="module")
def network(alone: Reference) -> nn.Sequential:
    return sequential(alone)


def shares(figure: dict[str, Any], column: int) -> Array:
    """A column of percentages of a figure's table, in 0..1."""
    return np.array([float(row[column].rstrip(" %")) / 100 for row in figure["table"]["rows"]])


def probabilities(logits: Tensor) -> Array:
    return F.softmax(logits, -1).numpy()


def in_batches(network: nn.Sequential, x: Tensor, order: Array, size: int) -> Tensor:
    """Logits of all examples in training mode, cut into batches in this order."""
    logits = torch.empty(len(x), 10, dtype=x.dtype)
    for start in range(0, len(x), size):
        part = order[start : start + size]
        logits[part] = in_training_mode(network, x[part])
    return logits


def test_the_probabilities_are_those_of_torch_in_either_mode(
    page: AppTest, alone: Reference, network: nn.Sequential
) -> None:
    figure = figures(page)["predictions"]
    x, _ = held_out(alone)
    expected = probabilities(in_eval_mode(network, x)[EXAMPLE])
    np.testing.assert_allclose(shares(figure, 1), expected, atol=ROUNDED)
    query = BatchDependence(variant="batch", example=EXAMPLE, batch_size=BATCH, draws=DRAWS)
    drawn = get_lab().ask(run_of(page).id, query).result(30)["companions"]
    batches = [[EXAMPLE, *others] for others in drawn]
    training = np.stack([probabilities(in_training_mode(network, x[b])[0]) for b in batches])
    columns = (training[-1], training.min(0), np.median(training, 0), training.max(0))
    for column, values in enumerate(columns, start=2):
        np.testing.assert_allclose(shares(figure, column), values, atol=2e-3)


def test_the_accuracies_of_either_mode_are_those_of_torch(
    page: AppTest, alone: Reference, network: nn.Sequential
) -> None:
    figure = figures(page)["modes"]
    x, labels = held_out(alone)
    sizes = [int(row[0]) for row in figure["table"]["rows"]]
    assert sizes == [2, 4, 8, 16, 32, 64, 128, 300]
    orders = (np.random.default_rng(0).permutation(300), np.argsort(labels, kind="stable"))
    for column, order in enumerate(orders, start=1):
        expected = [accuracy(in_batches(network, x, order, size), labels) for size in sizes]
        np.testing.assert_allclose(shares(figure, column), expected, atol=ONE_EXAMPLE + ROUNDED)
    expected = accuracy(in_eval_mode(network, x), labels)
    np.testing.assert_allclose(shares(figure, 3), expected, atol=ONE_EXAMPLE + ROUNDED)


def test_the_first_steps_are_those_of_torch(page: AppTest) -> None:
    running, exact = figures(page)["lag"]["traces"]
    spec = run_of(page).experiment.base
    for step in (1, 5, STEPS):
        then = trained(spec, steps=step)
        x, labels = then.part("validation")
        plain = sequential(then)
        with_exact = with_exact_statistics(plain, then.part("train")[0], x)
        expected = [accuracy(logits, labels.numpy()) for logits in (plain.eval()(x), with_exact)]
        at = running["x"].index(step)
        assert [running["y"][at], exact["y"][at]] == pytest.approx(expected, abs=2 * ONE_EXAMPLE)


@pytest.mark.parametrize("axis", ["shift", "scale"])
def test_the_accuracies_on_changed_inputs_are_those_of_torch(
    page: AppTest, alone: Reference, network: nn.Sequential, axis: str
) -> None:
    rows = figures(page)[f"changed {axis}"]["table"]["rows"]
    x, labels = held_out(alone)
    for row in rows[:: len(rows) // 4]:
        shift, scale = (float(row[0]), SCALE) if axis == "shift" else (SHIFT, float(row[0]))
        seen = x * scale + shift
        exact = (with_exact_statistics(network, of, seen) for of in (alone.part("train")[0], seen))
        expected = [accuracy(logits, labels) for logits in (in_eval_mode(network, seen), *exact)]
        found = [float(cell.rstrip(" %")) / 100 for cell in row[1:]]
        assert found == pytest.approx(expected, abs=2 * ONE_EXAMPLE)


def test_the_operations_and_parameters_are_those_of_the_modules(
    page: AppTest, network: nn.Sequential
) -> None:
    linears = [part for part in network if isinstance(part, nn.Linear)]
    norms = [part for part in network if isinstance(part, nn.BatchNorm1d)]
    # Behind a linear layer batch norm makes its bias useless; folded, it becomes that bias.
    folded = sum((part.in_features + 1) * part.out_features for part in linears)
    weights = sum(value.numel() for part in linears for value in part.parameters())
    learned = sum(value.numel() for part in network for value in part.parameters())
    counted = weights + 2 * sum(norm.num_features for norm in norms)
    text = said(page)
    assert f"| operations per example | {counted:,} | {folded:,} |" in text
    assert f"| learned parameters | {learned:,} | {folded:,} |" in text
    kept = sum(norm.running_mean.numel() + norm.running_var.numel() for norm in norms)
    assert f"| running statistics | {kept:,} | 0 |" in text


def test_the_logits_are_as_large_as_those_of_torch_and_folding_changes_nothing(
    page: AppTest, alone: Reference, network: nn.Sequential
) -> None:
    x, _ = held_out(alone)
    difference, scale = re.findall(
        r"\*\*([\d.e-]+)\*\*, where the logits go up to (\S+)\.", said(page)
    )[0]
    largest = float(in_eval_mode(network, x).abs().max())
    assert float(scale) == pytest.approx(largest, rel=5e-3)
    assert float(difference) < 1e-5 * largest


def test_the_error_is_the_one_that_torch_gives(page: AppTest, network: nn.Sequential) -> None:
    with pytest.raises(ValueError, match="Expected more than 1 value") as by_torch:
        network.train()(torch.zeros(1, 64, dtype=torch.float64))
    button = next(button for button in page.button if button.label.startswith("Send one example"))
    button.click().run()
    assert page.code[0].value == str(by_torch.value)


def test_one_image_of_several_positions_is_no_trouble_to_torch() -> None:
    assert nn.BatchNorm2d(3).train()(torch.randn(1, 3, 4, 4)).isfinite().all()
