"""By hand and by torch the numbers are the same, or it is said why they cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from bnlab.by_hand.batch_norm import backward, forward
from bnlab.by_hand.layer_example import FIRST_EXAMPLE, LayerExample, example_of
from bnlab.by_hand.torch_comparison import Comparison, compare
from tests.by_hand.torch_layer import by_torch, layer_examples


def compared(example: LayerExample) -> Comparison:
    layer = forward(example.x, example.weight, example.bias, eps=example.eps)
    return compare(backward(layer, example.grad_y), by_torch(example))


@given(layer_examples())
def test_well_scaled_numbers_agree_and_need_no_note(example: LayerExample) -> None:
    found = compared(example)
    assert found.largest.difference < 1e-8
    assert found.notes == ()


def test_every_output_and_gradient_is_compared_under_its_own_name() -> None:
    pairs = {pair.name: pair for pair in compared(FIRST_EXAMPLE).pairs}
    assert len(pairs) == 2 * 12 + 2 * 3
    torch = by_torch(FIRST_EXAMPLE)
    assert pairs["y, example 4, unit 1"].by_torch == torch["y"][3, 0]
    assert pairs["∂ℓ/∂x, example 1, unit 3"].by_torch == torch["grad_x"][0, 2]
    assert pairs["∂ℓ/∂γ, unit 2"].by_torch == torch["grad_weight"][1]
    assert pairs["∂ℓ/∂β, unit 3"].by_torch == torch["grad_bias"][2]


@pytest.mark.parametrize(
    ("column", "is_noted"),
    [
        ([1e30, 1e30, 1e30], True),
        ([1e16, 1e16 + 2, 1e16 + 4], True),
        ([1e8, 1e8 + 1, 1e8 + 3], True),
        ([1e30, -1e30, 3e29], False),
        ([1e-30, 2e-30, 5e-30], False),
        ([0.0, 0.0, 0.0], False),
    ],
)
def test_a_unit_far_from_0_for_its_spread_is_explained(column: list[float], is_noted: bool) -> None:
    found = compared(example_of(np.transpose([[1.0, 2.0, 4.0], column])))
    assert [note.split(":")[0] for note in found.notes] == ["Unit 2"] * is_noted


def test_where_torch_loses_its_digits_the_difference_is_shown() -> None:
    assert compared(example_of([[1e30], [1e30], [1e30]])).largest.difference > 1
