"""Questions of the page "Training and inference" about the running statistics themselves."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnlab.by_hand.batch_norm import Running, forward, update_running
from bnlab.lessons.questions import Choice, Choices, Numbers
from bnlab.lessons.quiz.question import Amount, QuizQuestion, Slip

SEED = 2  # of the random numbers here
START = "forgotten-eval"  # the page's preset that the others are variations of


# --- how fast a running mean follows -------------------------------------------------------------

_WAY = Amount(
    name="way",
    tolerance=2.0,
    unit=" %",
    slips=(
        Slip(
            name="straight",
            reply="That would be {share:g} % of the total distance at every step. Each step "
            "covers {share:g} % of what is left, so the steps get smaller.",
        ),
        Slip(name="left", reply="That is what is still missing."),
        Slip(
            name="keras",
            reply="That takes the momentum as the weight of the old value, as Keras does. "
            "In PyTorch it is the weight of the new one.",
        ),
    ),
)


def running_mean(variation: int) -> QuizQuestion:
    """How far does the running mean get in a number of steps?"""
    momentum, steps = ((0.1, 5), (0.01, 50), (0.3, 3), (0.03, 20))[variation % 4]
    return QuizQuestion(
        id="train_vs_eval.way",
        text=(
            f"Training begins, and the running mean is 0. Then come {steps} minibatches, all "
            f"with about the same mean; PyTorch's momentum is {momentum:g}. How much of the way "
            f"from 0 to that mean has the running mean gone, in percent?"
        ),
        amount=_WAY,
        set_up={"start": START, "norm.momentum": momentum, "steps": steps},
        experiment=_follow,
        why=(
            "Each step leaves {remaining:g} of the distance, so {left:.1f} % are left after "
            "{steps:.0f} steps and {way:.1f} % are done. Until the running statistics have "
            "caught up, eval mode uses wrong ones."
        ),
        basis="Computed for identical minibatches.",
    )


def _follow(set_up: dict[str, Any]) -> Numbers:
    momentum, steps = set_up["norm.momentum"], set_up["steps"]
    batch = forward(((9.0,), (11.0,)), (1.0,), (0.0,))
    torch, keras = Running.start(1), Running.start(1)
    for _ in range(steps):
        torch = update_running(torch, batch, momentum=momentum)
        keras = update_running(keras, batch, momentum=momentum, convention="keras")
    way = 100 * float(torch.mean[0] / batch.mean[0])
    return {
        "way": way,
        "left": 100 - way,
        "straight": 100 * momentum * steps,
        "keras": 100 * float(keras.mean[0] / batch.mean[0]),
        "share": 100 * momentum,
        "remaining": 1 - momentum,
        "steps": steps,
    }


# --- biased or unbiased --------------------------------------------------------------------------

NEAR = 0.1  # relative: individual minibatches vary
MANY, SIDE_BY_SIDE = 100, 32  # minibatches, and units: the more, the more precise the average


def _is_near(ratio: float, expected: float) -> bool:
    return abs(ratio - expected) < NEAR * expected


_VARIANCES: Choices = (
    Choice(
        text="Below it: a small batch varies less than the whole",
        holds=lambda found: _is_near(found["ratio"], found["biased"]),
        reply="That is true of the variance used for normalizing, which is divided by m: it is "
        "{biased:.2f} times the exact one. What PyTorch stores is divided by m − 1.",
    ),
    Choice(
        text="At it, on average",
        holds=lambda found: _is_near(found["ratio"], 1.0),
    ),
    Choice(
        text="Above it: small batches vary more",
        holds=lambda found: found["ratio"] > 1 + NEAR,
        reply="Individual batches vary a lot, up and down. Their average is {ratio:.2f} times "
        "the exact variance.",
    ),
)


def stored_variance(variation: int) -> QuizQuestion:
    """Is the running variance the biased one?"""
    batch_size = (4, 3, 5)[variation % 3]
    return QuizQuestion(
        id="train_vs_eval.variance",
        text=(
            f"A network trains slowly on minibatches of {batch_size} with PyTorch's batch norm. "
            "Where does the running variance settle, compared with the exact variance over the "
            "whole training set?"
        ),
        choices=_VARIANCES,
        set_up={
            "start": START,
            "batch_size": batch_size,
            "norm.momentum": 0.01,
            "optimizer.lr": 0.0001,
            "steps": 1000,
            "pace": 0,
            "probe.layer": 0,  # no batch norm below it: its inputs do not depend on the batch
        },
        experiment=_average_variances,
        why=(
            "PyTorch normalizes with the variance divided by m, and stores the one divided by "
            "m − 1: on average it is correct, here {ratio:.2f} times the exact one. The one "
            "divided by m would settle at {biased:.2f}; Keras and ONNX store that."
        ),
        basis=f"Computed for {SIDE_BY_SIDE} units, as the average of {MANY} minibatches.",
    )


def _average_variances(set_up: dict[str, Any]) -> Numbers:
    size = set_up["batch_size"]
    x = np.random.default_rng(SEED).normal(2.0, 1.5, (MANY * size, SIDE_BY_SIDE))
    weight, bias = np.ones(SIDE_BY_SIDE), np.zeros(SIDE_BY_SIDE)
    running, biased = Running.start(SIDE_BY_SIDE), []
    for count, batch in enumerate(x.reshape(MANY, size, SIDE_BY_SIDE)):
        layer = forward(batch, weight, bias)
        running = update_running(running, layer, momentum=None, batches=count)
        biased.append(layer.variance)
    exact = x.var(axis=0, ddof=1)
    return {
        "ratio": float((running.var / exact).mean()),
        "biased": float((np.mean(biased, axis=0) / exact).mean()),
    }


QUESTIONS = (running_mean, stored_variance)
