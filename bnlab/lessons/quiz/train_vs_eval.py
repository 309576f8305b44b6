"""Questions of the page "Training and inference" about its two modes, computed by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnlab.by_hand.batch_norm import Array, Running, forward, infer, update_running
from bnlab.lessons.questions import Choice, Choices, Numbers
from bnlab.lessons.quiz.classes import (
    BASIS,
    ONES,
    SEED,
    UNITS,
    ZEROS,
    accuracy,
    draw_classes,
    exact_statistics,
)
from bnlab.lessons.quiz.question import QuizQuestion
from bnlab.lessons.quiz.running import START

# --- one example among others --------------------------------------------------------------------

MOVES = 1e-3  # a prediction that changes by less counts as unchanged

_MODES: Choices = (
    Choice(
        text="It changes in both modes: the examples of a batch are computed together",
        holds=lambda found: found["training"] > MOVES and found["eval"] > MOVES,
        reply="They are, but in eval mode batch norm uses the running statistics: the output "
        "changes by {eval:.2g}.",
    ),
    Choice(
        text="In neither: it is the same example and the same weights",
        holds=lambda found: found["training"] <= MOVES and found["eval"] <= MOVES,
        reply="In training mode the other examples are part of the mean and the variance: the "
        "answers differ by up to {training:.2f}.",
    ),
    Choice(
        text="Only in training mode: eval mode switches off gradients",
        holds=lambda found: (
            found["training"] > MOVES and found["eval"] <= MOVES and found["slope"] == 0
        ),
        reply="The first half is right. But eval mode leaves gradients on: a small change of the "
        "example still changes its output, {slope:.2f} times as much. Gradients are switched off "
        "by `torch.no_grad()`.",
    ),
    Choice(
        text="Only in training mode: eval mode uses statistics that do not depend on the batch",
        holds=lambda found: (
            found["training"] > MOVES and found["eval"] <= MOVES and found["slope"] > 0
        ),
    ),
)


def among_companions(variation: int) -> QuizQuestion:
    """In which mode does an answer depend on the other examples, and why?"""
    batch_size = (8, 16, 4)[variation % 3]
    return QuizQuestion(
        id="train_vs_eval.companions",
        text=(
            f"You send one test example through the network together with {batch_size - 1} "
            f"others, repeatedly, each time with different ones. In which mode does the answer "
            f"for this example change, and why?"
        ),
        choices=_MODES,
        set_up={
            "start": START,
            "view.companions": batch_size,
            "view.draws": 50,
            "view.order": "shuffled",
        },
        experiment=_redraw,
        place="Two predictions for one example",
        why=(
            "In training mode the statistics come from the batch: an output of the layer varies "
            "by {training:.2f}. In eval mode they are stored, and it varies by {eval:.2g}. "
            "Gradients have nothing to do with it: a small change of the example still changes "
            "the output, {slope:.2f} times as much."
        ),
        basis=BASIS,
    )


def _redraw(set_up: dict[str, Any]) -> Numbers:
    x, _ = draw_classes()
    rng = np.random.default_rng(SEED)
    example, running, others = x[:1], exact_statistics(x), set_up["view.companions"] - 1
    batches = [
        np.vstack([example, x[1 + rng.choice(len(x) - 1, others, replace=False)]])
        for _ in range(set_up["view.draws"])
    ]
    training = [forward(batch, ONES, ZEROS).y[0] for batch in batches]
    evaluated = [infer(batch, ONES, ZEROS, running=running)[0] for batch in batches]
    nudge = 1e-6
    nudged = infer(example + nudge, ONES, ZEROS, running=running)
    return {
        "training": float(np.ptp(training, axis=0).max()),
        "eval": float(np.ptp(evaluated, axis=0).max()),
        "slope": float((nudged - evaluated[0]).mean() / nudge),
    }


# --- forgetting eval() ---------------------------------------------------------------------------

FEW = 4  # examples in a small batch
ALIKE = 2.0  # percent: accuracies that differ by less count as equal

_HIDES: Choices = (
    Choice(
        text=f"Shuffled batches of {FEW}: closest to one example at a time, as in eval mode",
        holds=lambda found: _best(found) == "small",
        reply="With few examples the mean is far off by chance: {small:.0f} % are right, but "
        "{large:.0f} % with {many:.0f} at a time.",
    ),
    Choice(
        text="Batches of one class: their statistics are the cleanest",
        holds=lambda found: _best(found) == "sorted",
        reply="Their mean is the mean of the class, and subtracting it removes what identifies "
        "the class: {sorted:.0f} % are right.",
    ),
    Choice(
        text="Large shuffled batches: their statistics are close to the stored ones",
        holds=lambda found: _best(found) == "large",
    ),
    Choice(
        text="It makes no difference: the weights are the same",
        holds=lambda found: _best(found) == "all",
        reply="The statistics are not: {small:.0f} % are right in shuffled batches of {few:.0f}, "
        "{large:.0f} % in those of {many:.0f}, and {sorted:.0f} % in batches of one class.",
    ),
)


def _best(found: Numbers) -> str:
    """The batches with the highest accuracy; "all" if all are alike, "" if two share it."""
    accuracies = {name: found[name] for name in ("small", "large", "sorted")}
    lowest, second, highest = sorted(accuracies.values())
    if highest - lowest < ALIKE:
        return "all"
    return max(accuracies, key=accuracies.__getitem__) if highest - second > ALIKE else ""


def forgotten_eval(variation: int) -> QuizQuestion:
    """In which batches does a forgotten eval() cost least?"""
    many = (64, 128, 32)[variation % 3]
    return QuizQuestion(
        id="train_vs_eval.forgotten",
        text=(
            "Someone forgets `model.eval()` before testing a trained network. In which batches "
            "does this cost the least accuracy, so that it goes unnoticed?"
        ),
        choices=_HIDES,
        set_up={"start": START, "view.companions": many, "view.order": "sorted"},
        experiment=_forget,
        place="If eval() is forgotten",
        why=(
            "{large:.0f} % are right in shuffled batches of {many:.0f}, nearly as in eval mode "
            "({eval:.0f} %), {small:.0f} % in shuffled batches of {few:.0f}, and {sorted:.0f} % in "
            "batches of one class. The larger and the more mixed a batch, the closer its mean and "
            "variance are to the stored ones."
        ),
        basis=BASIS,
    )


def _forget(set_up: dict[str, Any]) -> Numbers:
    (x, labels), many = draw_classes(), set_up["view.companions"]
    order = np.random.default_rng(SEED).permutation(len(x))
    shuffled, their_labels = x[order], labels[order]
    return {
        "eval": accuracy(infer(x, ONES, ZEROS, running=exact_statistics(x)), labels),
        "small": accuracy(_in_batches(shuffled, FEW), their_labels),
        "large": accuracy(_in_batches(shuffled, many), their_labels),
        "sorted": accuracy(_in_batches(x, many), labels),
        "few": FEW,
        "many": many,
    }


def _in_batches(x: Array, size: int) -> Array:
    """y in training mode, one batch after another."""
    starts = range(0, len(x), size)
    return np.vstack([forward(x[start : start + size], ONES, ZEROS).y for start in starts])


# --- a test set that differs ---------------------------------------------------------------------

BACK = 5.0  # percent: an accuracy restored to within this is repaired
FALLEN = 10.0  # percent: an accuracy that drops by less has not suffered


def _repair(found: Numbers) -> str:
    """The cheapest of the remedies that restores the accuracy."""
    if found["running"] > found["before"] - FALLEN:
        return "not needed"
    cures = ("again", "exact_train", "exact_changed")
    return next((cure for cure in cures if found[cure] > found["before"] - BACK), "none")


_REPAIRS: Choices = (
    Choice(
        text="Continuing in eval mode: the running statistics adapt",
        holds=lambda found: _repair(found) == "again",
        reply="In eval mode the running statistics do not change. It was {running:.0f} % and "
        "stays at {again:.0f} %.",
    ),
    Choice(
        text="Exact statistics of the training set: running averages are only estimates",
        holds=lambda found: _repair(found) == "exact_train",
        reply="They are exact for inputs that no longer occur: {exact_train:.0f} % are right.",
    ),
    Choice(
        text="Statistics of the changed inputs, with the old weights",
        holds=lambda found: _repair(found) == "exact_changed",
    ),
    Choice(
        text="Only training again: the weights no longer fit",
        holds=lambda found: _repair(found) == "none",
        reply="The weights fit the output of batch norm, whose statistics can be recomputed: "
        "with those of the changed inputs {exact_changed:.0f} % are right.",
    ),
)


def changed_inputs(variation: int) -> QuizQuestion:
    """What repairs a network whose inputs have changed?"""
    scale, shift, change = (
        (1.0, 4.0, "4 is added to every number"),
        (0.25, 0.0, "every number is multiplied by 0.25"),
        (2.0, 4.0, "every number is multiplied by 2, and 4 is added"),
    )[variation % 3]
    return QuizQuestion(
        id="train_vs_eval.changed",
        text=(
            f"After training, the inputs change: {change}. "
            "In eval mode the accuracy falls. What restores it?"
        ),
        choices=_REPAIRS,
        set_up={"start": START, "view.scale": scale, "view.shift": shift},
        experiment=_change,
        place="When the data change",
        why=(
            "In eval mode it falls from {before:.0f} % to {running:.0f} %. Exact statistics of the "
            "training set give {exact_train:.0f} %, statistics of the changed inputs "
            "{exact_changed:.0f} %: they remove the new scale and shift, so the layers after "
            "batch norm get the inputs they are used to."
        ),
        basis=BASIS,
    )


def _change(set_up: dict[str, Any]) -> Numbers:
    x, labels = draw_classes()
    changed = set_up["view.scale"] * x + set_up["view.shift"]
    half = Running.start(UNITS)
    for batch in np.random.default_rng(SEED).permutation(x).reshape(-1, 64, UNITS):
        half = update_running(half, forward(batch, ONES, ZEROS), momentum=0.5)

    def right(x: Array, running: Running) -> float:
        return accuracy(infer(x, ONES, ZEROS, running=running), labels)

    return {
        "before": right(x, half),
        "running": right(changed, half),
        "again": right(changed, half),  # eval mode has no update_running
        "exact_train": right(changed, exact_statistics(x)),
        "exact_changed": right(changed, exact_statistics(changed)),
    }


QUESTIONS = (among_companions, forgotten_eval, changed_inputs)
