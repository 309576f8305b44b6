"""Measures on curves, and conditions on measures."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bnlab.lessons.presets.preset import Raced, answer
from bnlab.lessons.questions import Question
from bnlab.results.curves import (
    Condition,
    Curves,
    holds,
    measure,
    members_of,
    steps_to,
)
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import parse

NAN = math.nan


def curves_of(*rows: list[float]) -> Curves:
    """Curves of members with these validation accuracies at steps 0, 10, 20 …"""
    accuracy = np.array(rows, np.float32)
    members, evaluations = accuracy.shape
    return Curves(
        loss_steps=np.arange(1, 3),
        train_loss=np.ones((members, 2), np.float32),
        eval_steps=10 * np.arange(evaluations),
        validation_loss=accuracy,
        validation_accuracy=accuracy,
        exact_accuracy=accuracy,
    )


def with_seeds(seeds: int) -> Experiment:
    return parse(Experiment, {"seeds": seeds})


def test_members_of_is_the_order_of_the_members() -> None:
    experiment = parse(Experiment, {"seeds": 3, "axes": {"optimizer.lr": [0.1, 0.2]}})
    names = [member.variant for member in experiment.members()]
    for name, rows in members_of(experiment).items():
        assert names[rows] == [name] * 6


def test_the_target_is_reached_at_its_first_crossing_or_never() -> None:
    curves = curves_of([0.1, 0.9, 0.5, 0.9], [0.1, 0.2, 0.3, 0.4], [NAN, NAN, 0.95, NAN])
    assert steps_to(curves, 0.9).tolist() == [10, math.inf, 20]


def test_accuracies_are_the_last_and_the_best_that_were_measured() -> None:
    curves = curves_of([0.1, 0.9, 0.5], [0.4, 0.3, NAN], [NAN, NAN, NAN])
    final = measure("final_accuracy", curves, target=0.9)
    np.testing.assert_allclose(final, [0.5, 0.3, NAN], rtol=1e-6)
    best = measure("best_accuracy", curves, target=0.9)
    np.testing.assert_allclose(best, [0.9, 0.4, 0.0], rtol=1e-6)


def test_a_run_without_an_evaluation_has_no_measures_and_no_error() -> None:
    empty = curves_of([], [])
    assert np.isnan(measure("final_accuracy", empty, target=0.9)).all()
    assert (measure("steps_to_target", empty, target=0.9) == math.inf).all()


NEVER, EARLY, LATE = [0.1, 0.1, 0.1], [0.1, 0.95, 0.95], [0.1, 0.1, 0.95]


RACES = [
    (LATE, EARLY, True),
    (EARLY, LATE, False),
    (NEVER, EARLY, True),
    (EARLY, NEVER, False),
    (NEVER, NEVER, False),
    (EARLY, EARLY, False),
]


@pytest.mark.parametrize(("none", "batch", "is_sooner"), RACES)
def test_a_ratio_of_steps_counts_never_as_later_than_any_step(
    none: list[float], batch: list[float], is_sooner: bool
) -> None:
    condition = Condition("batch", "steps_to_target", below=1.0, over="none")
    assert holds((condition,), with_seeds(1), curves_of(none, batch)).tolist() == [is_sooner]


def test_statements_pair_variants_by_seed_and_hold_seed_by_seed() -> None:
    curves = curves_of([0.2], [0.8], [0.9], [0.9])  # none, none, batch, batch
    ahead = Condition("batch", "final_accuracy", above=0.5, minus="none")
    good = Condition("batch", "final_accuracy", above=0.85, below=1.0)
    assert holds((good,), with_seeds(2), curves).tolist() == [True, True]
    assert holds((good, ahead), with_seeds(2), curves).tolist() == [True, False]
    assert holds((), with_seeds(2), curves).tolist() == [True, True]


def test_an_absent_bound_asks_nothing_but_a_number() -> None:
    anything = Condition("none", "final_accuracy")
    assert holds((anything,), with_seeds(1), curves_of([0.0], [0.0])).all()
    assert not holds((anything,), with_seeds(1), curves_of([NAN], [0.0])).any()


@pytest.mark.parametrize(("accuracies", "text"), [([0.9, 0.9, 0.1], "good"), ([0.9, 0, 0], "bad")])
def test_the_true_answer_is_that_of_the_middle_seed(accuracies: list[float], text: str) -> None:
    is_good = Condition("none", "final_accuracy", above=0.5)
    question = Question(text="Good?", choices=(answer("good", is_good), answer("bad")))
    curves = curves_of(*[[a] for a in [*accuracies, 0, 0, 0]])
    assert question.true_answer(Raced(with_seeds(3), curves)) == text


def test_curves_until_a_step_end_there() -> None:
    curves = curves_of([0.1, 0.2, 0.3])
    assert curves.until(19).eval_steps.tolist() == [0, 10]
    assert curves.until(20).eval_steps.tolist() == [0, 10, 20]
    assert curves.until(1).train_loss.shape == (1, 1)
