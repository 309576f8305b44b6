"""What the page "Training and inference" says happens does happen, on seeds not tuned on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from bnlab.fleet.inspect.batch_dependence import companions, modes
from bnlab.fleet.inspect.folding import fold
from bnlab.fleet.inspect.shifted_inputs import changed
from bnlab.fleet.plan import plan_fleets
from bnlab.fleet.train import Training
from bnlab.lessons.commentary import inference as words
from bnlab.lessons.presets import PRESETS as RACE_PRESETS
from bnlab.lessons.presets.preset import Preset
from bnlab.lessons.presets.train_vs_eval import (
    CLEARLY_WORSE,
    FORGOTTEN_BATCH,
    FORGOTTEN_EVAL,
    GUESSING,
    NEARLY_AS_WELL,
    POINTS,
    PRESETS,
    QUESTION,
    SLOW_AVERAGES,
)
from bnlab.results.frames import Array
from bnlab.spec.experiment import Experiment
from bnlab.spec.links import from_query, to_query
from bnlab.spec.member import parse

SEEDS = range(100, 110)

by_name = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS.keys())


class Trained:
    """A preset on all fresh seeds at once, trained to the end."""

    def __init__(self, experiment: Experiment) -> None:
        document = experiment.model_dump()
        document["seeds"], document["base"]["seed"] = len(SEEDS), SEEDS[0]
        (plan,) = plan_fleets(parse(Experiment, document))
        self.training = Training(plan)
        for _ in range(experiment.base.steps):
            self.training.step()
        self.frame = self.training.look((), pictures=False)

    def curve(self, name: str) -> Array:
        """A curve (10, E) of all seeds, or the steps (E,) of the evaluations."""
        curve: Array = getattr(self.frame, name)
        return curve

    def ask(self, question: Callable[..., dict[str, Array]], **fields: Any) -> dict[str, Array]:
        """The answers of all seeds, stacked (10, …)."""
        answers = []
        for member in range(len(SEEDS)):
            answers.append(self.training.ask(partial(question, member=member, **fields)))
        return {name: np.stack([answer[name] for answer in answers]) for name in answers[0]}


Of = Callable[[Preset], Trained]


@pytest.fixture(scope="module")
def trained() -> Of:
    """Every experiment is trained once, when it is first wanted."""
    kept: dict[str, Trained] = {}

    def of(preset: Preset) -> Trained:
        if preset.name not in kept:
            kept[preset.name] = Trained(preset.experiment)
        return kept[preset.name]

    return of


def holds_in_nine(truths: Array, *shown: Array) -> None:
    assert truths.shape == (len(SEEDS),)
    assert truths.sum() >= 9, shown


@pytest.mark.parametrize("preset", [FORGOTTEN_EVAL, SLOW_AVERAGES], ids=lambda preset: preset.name)
def test_a_forgotten_eval_on_sorted_digits_takes_a_trained_network_to_chance(
    trained: Of, preset: Preset
) -> None:
    answer = trained(preset).ask(modes, batch_sizes=(FORGOTTEN_BATCH,), seed=0)
    truths = [
        QUESTION.true_answer(
            {"forgotten": float(forgotten[0]), "eval_mode": float(eval_mode), "classes": 10}
        )
        for forgotten, eval_mode in zip(answer["sorted_by_class"], answer["eval"], strict=True)
    ]
    holds_in_nine(answer["eval"] > 0.9, answer["eval"])
    holds_in_nine(np.array(truths) == GUESSING, answer["sorted_by_class"])
    holds_in_nine(answer["sorted_by_class"][:, 0] < 0.25, answer["sorted_by_class"])


def test_points_sorted_by_class_are_guessed_nearly_as_badly(trained: Of) -> None:
    answer = trained(POINTS).ask(modes, batch_sizes=(FORGOTTEN_BATCH,), seed=0)
    holds_in_nine(answer["eval"] > 0.95, answer["eval"])
    holds_in_nine(answer["sorted_by_class"][:, 0] < 0.7, answer["sorted_by_class"])


def test_small_shuffled_batches_cost_accuracy_and_large_ones_none(trained: Of) -> None:
    answer = trained(FORGOTTEN_EVAL).ask(modes, batch_sizes=(2, 16, 300), seed=0)
    lost = answer["eval"][:, None] - answer["shuffled"]
    holds_in_nine(lost[:, 0] > 0.3, lost)
    holds_in_nine((lost[:, 1] > 0.01) & (lost[:, 1] < 0.15), lost)
    holds_in_nine(np.abs(lost[:, 2]) < 0.02, lost)


def test_an_answer_changes_with_the_companions_in_training_mode_only(trained: Of) -> None:
    fleet = trained(FORGOTTEN_EVAL)
    asked = {"example": 0, "batch_size": 4, "draws": 100, "seed": 0}
    shuffled, by_class = (fleet.ask(companions, **asked, order=o) for o in ("shuffled", "sorted"))
    np.testing.assert_allclose(shuffled["eval"], by_class["eval"], atol=1e-6)
    answers = shuffled["training"].argmax(-1)
    holds_in_nine((answers != answers[:, :1]).any(1), answers)
    wrong = by_class["training"].argmax(-1) != by_class["label"][:, None]
    assert wrong.mean() > 0.6, wrong.mean(1)


def test_slow_averages_lag_behind_in_the_first_steps_and_have_caught_up_at_the_end(
    trained: Of,
) -> None:
    slow, usual = trained(SLOW_AVERAGES), trained(FORGOTTEN_EVAL)
    gaps = [fleet.curve("exact_accuracy") - fleet.curve("validation_accuracy")
            for fleet in (slow, usual)]  # fmt: skip
    at_ten = [int(np.searchsorted(fleet.curve("eval_steps"), 10)) for fleet in (slow, usual)]
    holds_in_nine(gaps[0][:, at_ten[0]] > 0.2, gaps[0][:, at_ten[0]])
    holds_in_nine(gaps[0][:, at_ten[0]] > 2 * gaps[1][:, at_ten[1]])
    holds_in_nine(np.abs(gaps[0][:, -1]) < 0.04, gaps[0][:, -1])
    holds_in_nine(np.abs(gaps[1][:, -1]) < 0.02, gaps[1][:, -1])


def test_changed_inputs_hurt_and_statistics_of_the_changed_inputs_repair_most_of_it(
    trained: Of,
) -> None:
    scales, shifts = (1.0, 1.0, 0.3), (0.0, 2.0, 0.0)
    answer = trained(FORGOTTEN_EVAL).ask(changed, scales=scales, shifts=shifts)
    usual = answer["running"][:, :1]
    lost = usual - answer["running"][:, 1:]
    left = usual - answer["exact_changed"][:, 1:]
    holds_in_nine((lost > 0.15).all(1), lost)
    holds_in_nine((left < 0.2 * lost).all(1), left, lost)
    exact = np.abs(answer["exact_train"] - answer["running"])
    holds_in_nine((exact < 0.1).all(1), exact)  # the old data are no cure


def test_folding_leaves_the_answers_and_takes_operations_away(trained: Of) -> None:
    answer = trained(FORGOTTEN_EVAL).ask(fold, batch_size=64, repeats=2)
    assert (answer["difference"] < 1e-4 * answer["logits_scale"]).all()
    assert (answer["operations_after"] < answer["operations_before"]).all()
    assert (answer["parameters_after"] < answer["parameters_before"]).all()


def test_what_is_left_of_the_start_is_as_the_page_says() -> None:
    assert round(100 * 0.99**10) == 90
    assert round(100 * 0.9**10) == 35


def test_the_two_digits_experiments_differ_in_the_momentum_and_the_number_of_steps() -> None:
    slow, usual = SLOW_AVERAGES.experiment.base, FORGOTTEN_EVAL.experiment.base
    assert slow.replace({"norm.momentum": usual.norm.momentum, "steps": usual.steps}) == usual


@pytest.mark.parametrize(
    ("forgotten", "eval_mode", "answer"),
    [
        (0.96, 0.97, NEARLY_AS_WELL),
        (0.6, 0.97, CLEARLY_WORSE),
        (0.18, 0.97, GUESSING),
        (0.02, 0.97, GUESSING),
        (0.1, 0.12, None),
        (0.1, float("nan"), None),
    ],
)
def test_the_answer_depends_on_how_much_of_what_was_learned_is_left(
    forgotten: float, eval_mode: float, answer: str | None
) -> None:
    numbers = {"forgotten": forgotten, "eval_mode": eval_mode, "classes": 10}
    assert QUESTION.true_answer(numbers) == answer


@by_name
def test_an_experiment_survives_its_link_and_takes_a_time_that_can_be_watched(
    preset: Preset,
) -> None:
    assert from_query(to_query(preset.experiment)) == preset.experiment
    assert 10 <= preset.experiment.base.steps / preset.pace <= 20
    assert preset.experiment.probe.layer != "none"
    assert preset.story.endswith(".") and len(preset.title.split()) <= 8


def test_the_experiments_of_this_page_are_none_of_the_race_page() -> None:
    races = [preset.experiment for preset in RACE_PRESETS.values()]
    assert all(preset.experiment not in races for preset in PRESETS.values())
    assert QUESTION.text.endswith("?") and len(set(QUESTION.answers)) == 3


# --- sentences -----------------------------------------------------------------------------------


def test_sentences_say_the_numbers_that_they_are_given() -> None:
    eval_mode, training = np.array([0.1, 0.9]), np.array([[0.7, 0.3], [0.2, 0.8], [0.4, 0.6]])
    first, second = words.predictions(training, eval_mode, label=0)
    assert "answers 1 (90 % sure), which is wrong: it is a 0" in first
    assert "answers 1 (60 % sure). Of 3 draws: 1 in 2, 0 in 1." in second
    accuracies = {"running": 0.4, "exact_train": 0.45, "exact_changed": 0.9}
    said = words.changed(accuracies, shift=-2.0, scale=1.0, usual=0.9)
    assert "Inputs × 1 − 2: 40 % instead of 90 %" in said and "repairs 100 % of the damage" in said
    assert "no harm" in words.changed(accuracies, shift=0.0, scale=1.0, usual=0.41)


def test_a_lag_is_told_by_its_widest_gap_and_by_its_end() -> None:
    steps, exact = np.array([1, 2, 3, 4]), np.array([0.5, 0.8, 0.9, 0.9])
    caught_up = words.first_steps(steps, running=np.array([0.4, 0.5, 0.89, 0.9]), exact=exact)
    assert "widest at step 2: 50 % with running" in caught_up[0]
    assert "From step 3 on" in caught_up[1]
    behind = words.first_steps(steps, running=np.array([0.4, 0.5, 0.8, 0.8]), exact=exact)
    assert "At step 4 they still lag behind." in behind
    assert "never differ" in words.first_steps(steps, running=exact, exact=exact)[0]
    gone = np.array([0.4, 0.5, np.nan, np.nan])
    assert words.first_steps(steps, running=gone, exact=exact) == [
        "At step 3 the network diverged: it no longer gives any number."
    ]


def test_times_are_compared_by_their_medians_in_either_direction() -> None:
    slow, fast = np.array([2e-5, 2e-5, 1.0]), np.array([1e-5, 1e-5, 1e-5])
    assert "2.00 times faster" in words.folding(slow, fast)
    assert "2.00 times slower" in words.folding(fast, slow)
    assert "About the same" in words.folding(fast, fast)
