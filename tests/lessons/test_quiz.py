"""The quiz: every truth is what torch gives for the experiment, and exactly one answer holds."""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bnlab.by_hand.layer_example import LayerExample
from bnlab.by_hand.norms import NORM_KINDS
from bnlab.lessons.quiz import (
    MAKERS,
    TOTAL,
    Numbers,
    QuizQuestion,
    all_questions,
    questions,
)
from bnlab.lessons.quiz.blocks import draw_block
from bnlab.lessons.quiz.classes import CENTRES, UNITS, draw_classes
from bnlab.lessons.quiz.measured import from_changed, from_modes
from bnlab.lessons.quiz.progress import Progress, read_progress

torch.set_num_threads(1)  # small layers wait for threads longer than they compute

VARIATIONS = range(8)
IDS = [question.id for question in all_questions(0)]
Tensor = torch.Tensor


def question_of(name: str, variation: int) -> QuizQuestion:
    (found,) = [q for q in all_questions(variation) if q.id == name]
    return found


def each_variation(name: str) -> Iterator[QuizQuestion]:
    for variation in VARIATIONS:
        yield question_of(name, variation)


def claims_of(question: QuizQuestion) -> list[str]:
    return list(question.answers)


# --- every question -------------------------------------------------------------------------------


def test_every_page_has_three_to_five_questions_of_different_names() -> None:
    assert all(3 <= len(makers) <= 5 for makers in MAKERS.values())
    assert len(set(IDS)) == len(IDS) == TOTAL
    assert all(q.id.startswith(f"{page}.") for page in MAKERS for q in questions(page))


@pytest.mark.parametrize("name", IDS)
def test_exactly_one_answer_is_right_and_every_other_wrong(name: str) -> None:
    for question in each_variation(name):
        truth = question.truth(question.computed)  # raises unless exactly one holds
        for text in claims_of(question):
            assert question.judge(text, question.computed).is_right == (text == truth)
        if question.amount is not None:
            right = question.computed[question.amount.name]
            assert question.judge(right, question.computed).is_right
            far = right + 2 * question.amount.tolerance
            assert not question.judge(far, question.computed).is_right
            assert float(truth.removesuffix(question.amount.unit)) == pytest.approx(
                right, abs=question.amount.tolerance / 10
            )


@pytest.mark.parametrize("name", IDS)
def test_every_mistake_is_told_what_is_wrong_with_it(name: str) -> None:
    for question in each_variation(name):
        numbers = question.computed
        if question.amount is not None:
            for slip in question.amount.slips:
                verdict = question.judge(numbers[slip.name], numbers)
                assert not verdict.is_right, f"the slip {slip.name} is the right answer"
                assert verdict.reply
        else:
            wrong = set(claims_of(question)) - {question.truth(numbers)}
            assert len(wrong) >= 2
            assert all(question.judge(text, numbers).reply for text in wrong)


@pytest.mark.parametrize("name", IDS)
def test_the_reason_speaks_of_the_numbers_of_the_experiment(name: str) -> None:
    question = question_of(name, 0)
    named = {field for _, field, _, _ in string.Formatter().parse(question.why) if field}
    assert named
    assert named <= set(question.computed)
    assert "{" not in question.why.format_map(question.computed)


@pytest.mark.parametrize("name", IDS)
def test_another_variation_asks_about_another_experiment(name: str) -> None:
    assert len({repr(question.set_up) for question in each_variation(name)}) > 1
    assert len({question.id for question in each_variation(name)}) == 1


def test_numbers_that_bear_out_two_answers_are_no_truth() -> None:
    question = question_of("norms.groups", 0)
    with pytest.raises(ValueError, match=r"norms.groups must be a question with exactly one"):
        question.truth({"instance": 0.0, "layer": 0.0, "batch": 1.0, "nothing": 1.0})


def test_a_text_that_is_no_answer_is_refused() -> None:
    question = question_of("norms.groups", 0)
    with pytest.raises(ValueError, match="must be the text of one of the choices"):
        question.judge("Ghost norm", question.computed)


# --- one layer, by torch --------------------------------------------------------------------------


def by_torch(example: LayerExample) -> tuple[Tensor, Tensor]:
    """y, and the gradient of x, of a example."""
    x = torch.tensor(example.x, dtype=torch.float64, requires_grad=True)
    weight, bias = (torch.tensor(v, dtype=torch.float64) for v in (example.weight, example.bias))
    y = F.batch_norm(x, None, None, weight, bias, training=True, eps=example.eps)
    y.backward(torch.tensor(example.grad_y, dtype=torch.float64))
    assert x.grad is not None
    return y.detach(), x.grad


def test_a_column_times_minus_something_has_the_same_y_with_the_other_sign_in_torch() -> None:
    for question in each_variation("one_layer.turned"):
        y, _ = by_torch(question.set_up)
        assert torch.allclose(y[:, 1], -y[:, 0], atol=1e-4)
        assert not torch.allclose(y[:, 1], y[:, 0], atol=0.1)
        distance = float((y[:, 1] + y[:, 0]).abs().max())
        assert distance == pytest.approx(question.computed["turned"])
        truth = "It has the opposite sign, and is otherwise the same"
        assert question.truth(question.computed) == truth


def test_the_variance_of_x_hat_is_that_of_torch() -> None:
    for question in each_variation("one_layer.variance"):
        y, _ = by_torch(question.set_up)  # gamma 1, beta 0
        assert float(y.var(correction=0)) == pytest.approx(question.computed["variance"])


def test_torch_gives_x_back_with_the_answer_that_holds_and_with_no_other() -> None:
    for question in each_variation("one_layer.undo"):
        truth = question.truth(question.computed)
        for text in claims_of(question):
            example = question.following(text).set_up
            y, _ = by_torch(example)
            is_back = torch.allclose(y, torch.tensor(example.x, dtype=torch.float64))
            assert is_back == (text == truth)


def test_the_gradient_of_one_output_reaches_every_x_in_torch() -> None:
    for question in each_variation("one_layer.reach"):
        _, grad_x = by_torch(question.set_up)
        reached = int((grad_x.abs() > 1e-3).sum())
        assert reached == question.computed["reached"] == len(question.set_up.x)
        assert question.truth(question.computed) == "All, and not all the same"
        assert float(grad_x.min()) == pytest.approx(question.computed["lowest"])
        assert float(grad_x.max()) == pytest.approx(question.computed["highest"])


def test_a_bias_below_batch_norm_has_no_gradient_in_torch() -> None:
    for question in each_variation("one_layer.bias"):
        example: LayerExample = question.set_up
        b = torch.zeros((), dtype=torch.float64, requires_grad=True)
        x = torch.tensor(example.x, dtype=torch.float64) + b
        weight, bias = (
            torch.tensor(v, dtype=torch.float64) for v in (example.weight, example.bias)
        )
        y = F.batch_norm(x, None, None, weight, bias, training=True, eps=example.eps)
        y.backward(torch.tensor(example.grad_y, dtype=torch.float64))
        assert b.grad is not None
        assert float(b.grad) == pytest.approx(question.computed["grad_b"], abs=1e-10)
        assert question.truth(question.computed) == "0"


# --- training and inference, by torch -------------------------------------------------------------


def test_the_running_mean_of_torch_goes_as_far() -> None:
    for question in each_variation("train_vs_eval.way"):
        layer = nn.BatchNorm1d(1, momentum=question.set_up["norm.momentum"], dtype=torch.float64)
        for _ in range(question.set_up["steps"]):
            layer(torch.tensor([[9.0], [11.0]], dtype=torch.float64))
        assert layer.running_mean is not None
        assert 100 * float(layer.running_mean) / 10 == pytest.approx(question.computed["way"])


def test_the_running_variance_of_torch_settles_at_the_exact_one() -> None:
    for question in each_variation("train_vs_eval.variance"):
        size = question.set_up["batch_size"]
        x = torch.randn((size * 1000, 4), generator=torch.Generator().manual_seed(0))
        layer = nn.BatchNorm1d(4, momentum=None)
        for batch in x.split(size):
            layer(batch)
        assert layer.running_var is not None
        ratio = float((layer.running_var / x.var(0)).mean())
        assert question.truth(question.computed) == question.truth(
            {"ratio": ratio, "biased": (size - 1) / size}
        )


def trained_layer(x: Tensor) -> nn.BatchNorm1d:
    """A layer whose running statistics are those of x."""
    layer = nn.BatchNorm1d(UNITS, momentum=1.0, dtype=torch.float64).requires_grad_(False)
    layer(x)
    return layer


def classes() -> tuple[Tensor, Tensor]:
    x, labels = draw_classes()
    return torch.from_numpy(x), torch.from_numpy(labels)


def right(layer: nn.BatchNorm1d, batches: list[Tensor], labels: Tensor) -> float:
    """Percent of examples that lie nearest to their own centre, as eval mode of training has it."""
    x, _ = classes()
    centres = trained_layer(x).eval()(torch.from_numpy(CENTRES))
    y = torch.cat([layer(batch) for batch in batches])
    return 100 * float((torch.cdist(y, centres).argmin(1) == labels).double().mean())


def test_only_training_mode_of_torch_lets_companions_in_and_eval_mode_keeps_gradients() -> None:
    for question in each_variation("train_vs_eval.companions"):
        x, _ = classes()
        layer, size = trained_layer(x), question.set_up["view.companions"]
        batches = [torch.cat([x[:1], x[k : k + size - 1]]) for k in range(1, 400, 20)]
        training = torch.stack([layer.train()(batch)[0] for batch in batches])
        layer = trained_layer(x).eval()
        evaluated = torch.stack([layer(batch)[0] for batch in batches])
        example = x[:1].clone().requires_grad_()
        layer(example).mean().backward()
        assert example.grad is not None
        slope = float(example.grad.sum())
        found = {
            "training": float((training.max(0).values - training.min(0).values).max()),
            "eval": float((evaluated.max(0).values - evaluated.min(0).values).max()),
            "slope": slope,
        }
        assert question.truth(found) == question.truth(question.computed)
        assert slope == pytest.approx(question.computed["slope"], rel=1e-4)
        assert question.computed["eval"] == found["eval"] == 0


def test_a_forgotten_eval_costs_as_much_in_torch() -> None:
    for question in each_variation("train_vs_eval.forgotten"):
        many, computed = question.set_up["view.companions"], question.computed
        x, labels = classes()
        layer = trained_layer(x)
        assert right(layer.train(), list(x.split(many)), labels) == computed["sorted"]
        assert right(trained_layer(x).eval(), [x], labels) == computed["eval"]
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))
        mixed, theirs = x[order], labels[order]
        large = right(layer.train(), list(mixed.split(many)), theirs)
        small = right(layer.train(), list(mixed.split(4)), theirs)
        assert question.truth({**computed, "large": large, "small": small}) == question.truth(
            computed
        )


def test_statistics_of_the_changed_inputs_repair_it_in_torch_and_eval_mode_does_not() -> None:
    for question in each_variation("train_vs_eval.changed"):
        x, labels = classes()
        changed = question.set_up["view.scale"] * x + question.set_up["view.shift"]
        exact, adapted = trained_layer(x).eval(), trained_layer(changed).eval()
        found = {
            "before": right(exact, [x], labels),
            "running": right(exact, [changed], labels),
            "again": right(exact, [changed], labels),  # after it has seen them in eval mode
            "exact_train": right(trained_layer(x).eval(), [changed], labels),
            "exact_changed": right(adapted, [changed], labels),
        }
        assert question.truth(found) == question.truth(question.computed)
        for name in ("exact_train", "exact_changed"):
            assert found[name] == question.computed[name]


# --- what is averaged, by torch -------------------------------------------------------------------


def normalized(x: Tensor, kind: str, groups: int = 1) -> Tensor:
    """x_hat by torch."""
    shape = x.shape[1:]
    if kind == "batch":
        return F.batch_norm(x, None, None, training=True)
    if kind == "layer":
        return F.layer_norm(x, shape)
    if kind == "rms":
        return F.rms_norm(x, shape, eps=1e-5)
    if kind == "instance":
        return F.instance_norm(x)
    return F.group_norm(x, groups)


def block_of(question: QuizQuestion) -> Tensor:
    return torch.from_numpy(draw_block(question.set_up))


def apart(a: Tensor, b: Tensor) -> float:
    return float((a - b).abs().max())


def test_so_many_values_move_with_one_in_the_batch_norm_of_torch() -> None:
    for question in each_variation("norms.values"):
        x = block_of(question)
        nudged = x.clone()
        nudged[0, 0, 0, 0] += 1.0
        moved = apart_elements(normalized(x, "batch"), normalized(nudged, "batch"))
        assert moved == question.computed["batch"]


def apart_elements(a: Tensor, b: Tensor) -> int:
    return int(((a - b).abs() > 1e-12).sum())


def test_batch_norm_of_torch_takes_one_image_and_does_as_instance_norm() -> None:
    for question in each_variation("norms.one_image"):
        x = block_of(question)
        batch = normalized(x, "batch")
        found = {
            "is_refused": 0,
            "values": x[0, 0].numel(),
            "size": float(batch.abs().max()),
            "from_layer": apart(batch, normalized(x, "layer")),
            "from_instance": apart(batch, normalized(x, "instance")),
        }
        assert question.computed == pytest.approx(found, abs=1e-9)
        assert question.truth(found) == question.truth(question.computed)
        with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
            normalized(x[:, :, :1, :1], "batch")


def test_taking_companions_away_changes_only_the_batch_norm_of_torch() -> None:
    for question in each_variation("norms.companions"):
        x, groups = block_of(question), question.set_up["groups"]
        found = {
            kind: apart(normalized(x, kind, groups)[:1], normalized(x[:1], kind, groups))
            for kind in NORM_KINDS
        }
        assert question.truth(found) == question.truth(question.computed)
        assert found == pytest.approx({k: question.computed[k] for k in NORM_KINDS}, abs=1e-9)


def test_the_running_statistics_counted_are_those_that_torch_keeps() -> None:
    question = question_of("norms.companions", 0)
    channels, size = question.set_up["channels"], question.set_up["size"]
    kept = {
        "kept_by_batch": nn.BatchNorm2d(channels),
        "kept_by_layer": nn.LayerNorm((channels, size, size)),
    }
    for name, layer in kept.items():
        numbers = sum(b.numel() for key, b in layer.named_buffers() if key.startswith("running"))
        assert numbers == question.computed[name]


def test_group_norm_of_torch_with_single_channels_is_its_instance_norm() -> None:
    for question in each_variation("norms.groups"):
        x = block_of(question)
        group = normalized(x, "group", question.set_up["groups"])
        found = {kind: apart(group, normalized(x, kind)) for kind in ("instance", "layer", "batch")}
        found["nothing"] = apart(group, x)
        assert question.truth(found) == question.truth(question.computed)
        assert found == pytest.approx({k: question.computed[k] for k in found}, abs=1e-9)


def test_a_shift_changes_only_the_rms_norm_of_torch() -> None:
    for question in each_variation("norms.shift"):
        x, groups = block_of(question), question.set_up["groups"]
        shifted = x + question.set_up["shift"]
        found = {
            kind: apart(normalized(x, kind, groups), normalized(shifted, kind, groups))
            for kind in NORM_KINDS
        }
        assert question.truth(found) == question.truth(question.computed)
        assert found == pytest.approx({k: question.computed[k] for k in NORM_KINDS}, abs=1e-9)


# --- what the page has measured -------------------------------------------------------------------


def modes(*, shuffled: list[float], by_class: list[float], mode: float = 0.95) -> dict[str, Any]:
    return {
        "eval": np.float64(mode),
        "shuffled": np.array(shuffled),
        "sorted_by_class": np.array(by_class),
    }


def test_a_measurement_of_the_page_decides_in_its_own_numbers() -> None:
    question = question_of("train_vs_eval.forgotten", 0)
    answer = modes(shuffled=[0.7, 0.94], by_class=[0.5, 0.12])
    measured = from_modes(question.set_up, answer, batch_sizes=(4, 64))
    assert measured is not None
    assert question.is_decided_by(measured)
    assert question.truth(measured) == question.truth(question.computed)
    assert "94 % are right in shuffled batches of 64" in question.why.format_map(measured)


def test_batch_sizes_that_were_not_measured_decide_nothing() -> None:
    question = question_of("train_vs_eval.forgotten", 0)
    answer = modes(shuffled=[0.7, 0.94], by_class=[0.5, 0.12])
    assert from_modes(question.set_up, answer, batch_sizes=(4, 16)) is None


def test_a_network_that_has_not_learned_decides_nothing() -> None:
    question = question_of("train_vs_eval.forgotten", 0)
    answer = modes(shuffled=[0.1, 0.1], by_class=[0.1, 0.1], mode=0.1)
    assert from_modes(question.set_up, answer, batch_sizes=(4, 64)) is None


def test_batches_that_share_the_first_place_decide_nothing() -> None:
    question = question_of("train_vs_eval.forgotten", 0)
    answer = modes(shuffled=[0.94, 0.94], by_class=[0.5, 0.12])
    measured = from_modes(question.set_up, answer, batch_sizes=(4, 64))
    assert measured is not None
    assert not question.is_decided_by(measured)


def changed(*, running: list[float]) -> Numbers:
    question = question_of("train_vs_eval.changed", 0)
    measured = from_changed(
        question.set_up,
        {
            "running": np.array(running),
            "exact_train": np.array([0.96, 0.3]),
            "exact_changed": np.array([0.96, 0.95]),
        },
        scales=(1.0, question.set_up["view.scale"]),
        shifts=(0.0, question.set_up["view.shift"]),
    )
    assert measured is not None
    return measured


def test_a_change_that_the_page_has_measured_decides_only_if_it_did_harm() -> None:
    question = question_of("train_vs_eval.changed", 0)
    assert question.is_decided_by(changed(running=[0.95, 0.3]))
    assert question.truth(changed(running=[0.95, 0.3])) == question.truth(question.computed)
    assert not question.is_decided_by(changed(running=[0.95, 0.94]))


def test_a_change_that_was_not_measured_decides_nothing() -> None:
    question = question_of("train_vs_eval.changed", 0)
    arrays = {name: np.array([0.9]) for name in ("running", "exact_train", "exact_changed")}
    assert from_changed(question.set_up, arrays, scales=(1.0,), shifts=(0.0,)) is None


# --- progress -------------------------------------------------------------------------------------

GROUPS = question_of("norms.groups", 0)


def test_a_right_answer_counts_and_wrong_ones_are_tries() -> None:
    progress = Progress()
    for answer in ("Layer norm", "Layer norm", "Instance norm", "Layer norm"):
        progress.answer(GROUPS, answer, measured=None)
    assert progress.entry(GROUPS).given == ("Layer norm", "Instance norm")
    assert progress.entry(GROUPS).state == "right"
    assert progress.right() == progress.right([GROUPS]) == 1
    assert progress.right([question_of("norms.shift", 0)]) == 0


def test_an_answer_that_was_shown_does_not_count() -> None:
    progress = Progress()
    progress.show(GROUPS, measured=None)
    progress.answer(GROUPS, "Instance norm", measured=None)
    assert progress.right() == 0
    assert progress.entry(GROUPS).state == "shown"


def test_what_was_measured_at_the_answer_stays_with_it() -> None:
    progress, question = Progress(), question_of("train_vs_eval.changed", 0)
    numbers = changed(running=[0.95, 0.3])
    progress.answer(question, question.truth(numbers), measured=numbers)
    assert progress.entry(question).numbers == numbers
    assert progress.right() == 1


def test_a_reset_forgets_everything_and_draws_other_numbers() -> None:
    progress = Progress()
    progress.answer(GROUPS, "Instance norm", measured=None)
    progress.reset()
    assert progress == Progress(variation=1)
    assert not progress.is_untouched


def test_kept_progress_reads_back_as_itself() -> None:
    progress = Progress(variation=2, places={"norms": 3})
    groups, way = question_of("norms.groups", 2), question_of("train_vs_eval.way", 2)
    progress.answer(groups, "Layer norm", measured=None)
    progress.answer(groups, "Instance norm", measured=None)
    progress.answer(way, 12.5, measured=None)
    assert read_progress(progress.to_json(), all_questions) == progress


def test_kept_answers_that_no_longer_fit_are_left_out() -> None:
    text = (
        '{"variation": 0, "places": {}, "entries": {'
        '"norms.groups": {"given": ["Ghost norm"], "state": "open"},'
        '"norms.gone": {"given": ["Layer norm"], "state": "right"},'
        '"norms.shift": {"given": ["Layer norm"], "state": "right"},'
        '"one_layer.undo": {"given": [], "state": "right"},'
        '"norms.values": {"given": ["many"], "state": "open"}}}'
    )
    assert read_progress(text, all_questions) == Progress()


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", '{"variation": -1}', '{"variation": 0, "entries": 3}']
)
def test_what_is_no_progress_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        read_progress(text, all_questions)
