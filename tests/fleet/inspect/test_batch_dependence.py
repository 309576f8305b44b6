"""Training mode where nothing is trained, and changed inputs, against torch.nn.Sequential."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from bnlab.fleet.inspect.batch_dependence import companions, modes
from bnlab.fleet.inspect.shifted_inputs import changed
from bnlab.spec.member import MemberSpec
from tests.fleet.asked import (
    AskedFleet,
    accuracy,
    held_out,
    in_eval_mode,
    in_training_mode,
    sequential,
    trained,
    with_exact_statistics,
)
from tests.fleet.reference import small

KINDS = [
    {"norm__kind": "batch"},
    {"norm__kind": "batch", "network__norm_placement": "after", "norm__momentum": 0.01},
    {"norm__kind": "batch", "network__norm_on_input": True, "norm__affine": "none"},
    {"norm__kind": "layer"},
    {"norm__kind": "none"},
]


def both(changes: dict[str, object]) -> tuple[AskedFleet, torch.nn.Sequential, MemberSpec]:
    """A fleet whose second member is the same network as the textbook's."""
    spec = small(**changes)
    fleet = AskedFleet(spec.replace({"seed": 3}), spec, steps=9)
    return fleet, sequential(trained(spec, steps=9)), spec


def ask_companions(fleet: AskedFleet, **changes: object) -> dict[str, np.ndarray]:
    asked = {"example": 4, "batch_size": 6, "draws": 5, "seed": 1, "order": "shuffled"}
    return fleet.answer(companions, member=1, **{**asked, **changes})


@pytest.mark.parametrize("changes", KINDS, ids=str)
@pytest.mark.parametrize("order", ["shuffled", "sorted"])
def test_a_prediction_among_companions_is_that_of_torch_in_training_mode(
    changes: dict[str, object], order: str
) -> None:
    fleet, network, spec = both(changes)
    x, labels = held_out(trained(spec, steps=0))
    answer = ask_companions(fleet, order=order)
    assert answer["companions"].shape == (5, 5)
    for drawn, found in zip(answer["companions"], answer["training"], strict=True):
        logits = in_training_mode(network, x[[4, *drawn]])
        np.testing.assert_allclose(found, F.softmax(logits[0], 0), atol=1e-12)
    alone = F.softmax(in_eval_mode(network, x)[4], 0)
    np.testing.assert_allclose(answer["eval"], alone, atol=1e-12)
    np.testing.assert_array_equal(answer["input"], x[4])
    assert answer["label"] == labels[4]


def test_companions_are_others_drawn_anew_each_time_and_again_the_same_by_the_seed() -> None:
    fleet, _, _ = both({"norm__kind": "batch"})
    answer = ask_companions(fleet, draws=20)
    assert all(len({4, *drawn}) == 6 for drawn in answer["companions"].tolist())
    assert len({tuple(drawn) for drawn in answer["companions"].tolist()}) == 20
    assert len({row.tobytes() for row in answer["training"]}) == 20
    again, other = ask_companions(fleet, draws=20), ask_companions(fleet, draws=20, seed=2)
    np.testing.assert_array_equal(answer["companions"], again["companions"])
    assert not np.array_equal(answer["companions"], other["companions"])


def test_sorted_companions_are_of_the_examples_class_and_then_of_the_next() -> None:
    fleet, _, spec = both({"norm__kind": "batch"})
    _, labels = held_out(trained(spec, steps=0))
    own, following = labels[4], (labels[4] + 1) % 3
    of_class = int((labels == own).sum())
    few = ask_companions(fleet, order="sorted", batch_size=of_class)
    assert (labels[few["companions"]] == own).all()
    more = ask_companions(fleet, order="sorted", batch_size=of_class + 3)
    assert (labels[more["companions"]] == following).sum(1).tolist() == [3] * 5


def test_all_batches_of_the_whole_part_give_one_prediction() -> None:
    fleet, _, _ = both({"norm__kind": "batch"})
    whole = ask_companions(fleet, batch_size=35)["training"]
    np.testing.assert_allclose(whole, np.broadcast_to(whole[0], whole.shape), atol=1e-12)


def test_a_batch_of_one_is_refused_in_torchs_words() -> None:
    fleet, network, spec = both({"norm__kind": "batch"})
    asked = {"example": 0, "batch_size": 1, "draws": 1, "seed": 0, "order": "shuffled"}
    with pytest.raises(ValueError, match="Expected more than 1 value per channel") as by_torch:
        in_training_mode(network, held_out(trained(spec, steps=0))[0][:1])
    assert fleet.refusal(companions, member=1, **asked) == str(by_torch.value)
    assert fleet.refusal(modes, member=1, batch_sizes=(4, 1), seed=0) == str(by_torch.value)


def test_without_batch_norm_an_example_alone_is_no_trouble() -> None:
    fleet, _, _ = both({"norm__kind": "layer"})
    answer = ask_companions(fleet, batch_size=1)
    np.testing.assert_allclose(answer["training"][0], answer["eval"], atol=1e-12)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"example": 35}, "example must be 0 to 34 (got 35)."),
        ({"batch_size": 36}, "batch_size must be 1 to 35, the whole test part (got 36)."),
    ],
)
def test_companions_that_are_not_there_are_refused(asked: dict[str, int], words: str) -> None:
    fleet, _, _ = both({"norm__kind": "batch"})
    given = {"example": 0, "batch_size": 4, "draws": 1, "seed": 0, "order": "shuffled"} | asked
    assert fleet.refusal(companions, member=1, **given) == words


def test_too_much_work_is_refused_and_says_how_much_is_not() -> None:
    spec = small(network__width=1024, network__depth=8, batch_size=2)
    fleet = AskedFleet(spec, steps=0, dtype=torch.float32)
    asked = {"example": 0, "batch_size": 30, "draws": 200, "seed": 0, "order": "shuffled"}
    sentence = fleet.refusal(companions, member=0, **asked)
    assert "must be at most 5" in sentence
    assert "parameters" in sentence


@pytest.mark.parametrize("changes", KINDS, ids=str)
def test_accuracy_in_training_mode_is_that_of_torch_for_every_batch_size(
    changes: dict[str, object],
) -> None:
    fleet, network, spec = both(changes)
    alone = trained(spec, steps=0)
    x, labels = held_out(alone)
    sizes = (2, 3, 16, 17, 34, 35, 64)
    answer = fleet.answer(modes, member=1, batch_sizes=sizes, seed=5)
    orders = {
        "shuffled": np.random.default_rng(5).permutation(35),
        "sorted_by_class": np.argsort(labels, kind="stable"),
    }
    for name, order in orders.items():
        for size, found in zip(sizes, answer[name], strict=True):
            batches = [order[start : start + size] for start in range(0, 35, size)]
            batches = [batch for batch in batches if len(batch) > 1]
            right = [
                in_training_mode(network, x[batch]).argmax(1).numpy() == labels[batch]
                for batch in batches
            ]
            assert found == pytest.approx(np.concatenate(right).mean())
    exact = with_exact_statistics(network, alone.part("train")[0], x)
    assert answer["eval"] == pytest.approx(accuracy(in_eval_mode(network, x), labels))
    assert answer["exact"] == pytest.approx(accuracy(exact, labels))
    assert answer["batch_sizes"].tolist() == list(sizes)


@pytest.mark.parametrize("changes", KINDS, ids=str)
def test_accuracy_on_changed_inputs_is_that_of_torch_with_each_statistics(
    changes: dict[str, object],
) -> None:
    fleet, network, spec = both(changes)
    alone = trained(spec, steps=0)
    x, labels = held_out(alone)
    scales, shifts = (1.0, 0.2, 3.0), (0.0, 1.5, -1.0)
    answer = fleet.answer(changed, member=1, scales=scales, shifts=shifts)
    for place, (scale, shift) in enumerate(zip(scales, shifts, strict=True)):
        seen = x * scale + shift
        expected = {
            "running": in_eval_mode(network, seen),
            "exact_train": with_exact_statistics(network, alone.part("train")[0], seen),
            "exact_changed": with_exact_statistics(network, seen, seen),
        }
        for name, logits in expected.items():
            assert answer[name][place] == pytest.approx(accuracy(logits, labels)), name


def test_exact_statistics_of_changed_inputs_undo_a_change_that_batch_norm_can_undo() -> None:
    # The first layer's z becomes a z + b for every unit: its own statistics take that back.
    fleet, _, _ = both({"norm__kind": "batch", "norm__eps": 1e-8})
    answer = fleet.answer(changed, member=1, scales=(1.0, 5.0, 0.1), shifts=(0.0, 2.0, -3.0))
    np.testing.assert_allclose(answer["exact_changed"], answer["exact_changed"][0])


def test_a_network_that_diverged_has_no_accuracy() -> None:
    spec = small(optimizer__lr=1000.0, network__gain=100.0, steps=30)
    fleet = AskedFleet(spec, steps=30)
    answer = fleet.answer(modes, member=0, batch_sizes=(8,), seed=0)
    assert np.isnan([answer["eval"], answer["exact"], *answer["shuffled"]]).all()
