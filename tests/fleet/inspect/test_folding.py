"""Folding batch norm away: the same function, fewer numbers and operations."""

from __future__ import annotations

import pytest
import torch

from bnlab.fleet.inspect.folding import fold
from tests.fleet.asked import AskedFleet, held_out, in_eval_mode, sequential, trained
from tests.fleet.reference import small

FOLDABLE = [
    {},
    {"norm__affine": "none"},
    {"norm__affine": "weight", "norm__eps": 0.1},
    {"norm__affine": "bias", "network__norm_on_input": True},
    {"network__norm_placement": "after"},
    {"network__norm_placement": "after", "network__norm_on_input": True},
    {"network__skips": True},
    {"network__skips": True, "network__norm_on_input": True, "norm__momentum": "cumulative"},
    {"network__skips": True, "network__norm_placement": "after", "network__depth": 1},
]


@pytest.mark.parametrize("changes", FOLDABLE, ids=str)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_the_folded_network_gives_the_same_logits(
    changes: dict[str, object], dtype: torch.dtype, tolerance: float
) -> None:
    spec = small(norm__kind="batch", **changes)
    fleet = AskedFleet(spec.replace({"seed": 1}), spec, steps=12, dtype=dtype)
    answer = fleet.answer(fold, member=1, batch_size=8, repeats=2)
    assert answer["logits_scale"] > 0
    assert answer["difference"] <= tolerance * max(1.0, answer["logits_scale"])


@pytest.mark.parametrize(
    "changes", [{}, {"norm__affine": "none"}, {"network__norm_placement": "after"}], ids=str
)
def test_the_numbers_before_and_after_are_those_of_torch(changes: dict[str, object]) -> None:
    spec = small(norm__kind="batch", **changes)
    answer = AskedFleet(spec, steps=3).answer(fold, member=0, batch_size=8, repeats=1)
    alone = trained(spec, steps=3)
    network = sequential(alone)
    learned = sum(p.numel() for p in network.parameters() if p.requires_grad)
    kept = sum(b.numel() for name, b in network.named_buffers() if "running" in name)
    assert (answer["parameters_before"], answer["statistics_before"]) == (learned, kept)
    assert answer["parameters_after"] == spec.parameters  # linear layers alone, all with a bias
    scale = in_eval_mode(network, held_out(alone)[0]).abs().max()
    assert answer["logits_scale"] == pytest.approx(scale.item(), rel=1e-9)


def test_operations_are_multiply_adds_and_additions_of_linear_layers_and_norms() -> None:
    # wine: 13 inputs, three layers of 8, 3 classes
    weights, outputs = 13 * 8 + 2 * 8 * 8 + 8 * 3, 3 * 8 + 3
    expected = {"before": weights + 3 + 2 * 3 * 8, "after": weights + outputs + 2 * 3 * 8}
    for placement, before in expected.items():
        spec = small(norm__kind="batch", network__norm_placement=placement)
        answer = AskedFleet(spec, steps=1).answer(fold, member=0, batch_size=8, repeats=1)
        assert answer["operations_before"] == before
        assert answer["operations_after"] == weights + outputs < before


def test_every_repeat_is_timed() -> None:
    spec = small(norm__kind="batch")
    answer = AskedFleet(spec, steps=1).answer(fold, member=0, batch_size=500, repeats=7)
    for name in ("seconds_before", "seconds_after"):
        assert answer[name].shape == (7,)
        assert (answer[name] > 0).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"norm__kind": "layer"}, "norm.kind must be batch"),
        ({"norm__kind": "none"}, "norm.kind must be batch"),
        (
            {"norm__kind": "batch", "network__norm_placement": "after", "network__skips": True},
            "network.norm_placement must be before",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_folded_is_refused(changes: dict[str, object], words: str) -> None:
    fleet = AskedFleet(small(**changes), steps=0)
    assert words in fleet.refusal(fold, member=0, batch_size=8, repeats=1)
