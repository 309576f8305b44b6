"""Questions of the page "One layer" about the backward pass, computed by hand."""

from __future__ import annotations

import numpy as np

from bnlab.by_hand.batch_norm import backward
from bnlab.by_hand.layer_example import LayerExample, example_of
from bnlab.lessons.questions import Choice, Choices, Numbers
from bnlab.lessons.quiz.examples import BASIS, SAME, SEED, draw_column, layer_of, listed
from bnlab.lessons.quiz.question import Amount, QuizQuestion, Slip

# --- how far a gradient reaches ------------------------------------------------------------------

_REACH: Choices = (
    Choice(
        text="Only that of the first row",
        holds=lambda found: found["reached"] == 1,
        reply="Its x is part of the mean and the variance of the column, and so is every other x: "
        "{reached:.0f} of the {rows:.0f} rows have a gradient.",
    ),
    Choice(
        text="All, and all the same",
        holds=lambda found: found["reached"] == found["rows"] and found["spread"] < SAME,
        reply="All have one, but they go from {lowest:.3f} to {highest:.3f}.",
    ),
    Choice(
        text="None: batch norm removes it",
        holds=lambda found: found["reached"] == 0,
        reply="The sum over the rows is 0, but the individual gradients are not: they go from "
        "{lowest:.3f} to {highest:.3f}.",
    ),
    Choice(
        text="All, and not all the same",
        holds=lambda found: found["reached"] == found["rows"] and found["spread"] > SAME,
    ),
)


def reach_of_a_gradient(variation: int) -> QuizQuestion:
    """Which inputs does the gradient of one output reach?"""
    rng = np.random.default_rng([SEED, 3, variation])
    grad_y = np.zeros((4, 1))
    grad_y[0] = 1.0
    example = example_of(draw_column(rng).tolist(), grad_y=grad_y.tolist())
    while _reach(example)["smallest"] < 0.01:  # too small to be seen on the page
        example = example_of(draw_column(rng).tolist(), grad_y=grad_y.tolist())
    return QuizQuestion(
        id="one_layer.reach",
        text=(
            "From above, only the y of the first row gets a gradient: 1, and 0 for the other rows. "
            "Which x get a gradient?"
        ),
        choices=_REACH,
        set_up=example,
        experiment=_reach,
        place="grad_x",
        why=(
            "Every x of the column is part of μ and σ², so the loss of one example reaches all "
            "{rows:.0f}: the gradients go from {lowest:.3f} to {highest:.3f}, and their sum is "
            "{total:z.2f}. With batch norm, the examples of a minibatch learn together."
        ),
        basis=BASIS,
    )


def _reach(example: LayerExample) -> Numbers:
    grad_x = backward(layer_of(example), example.grad_y).grad_x
    return {
        "rows": len(grad_x),
        "reached": int((np.abs(grad_x) > SAME).sum()),
        "smallest": float(np.abs(grad_x).min()),
        "lowest": float(grad_x.min()),
        "highest": float(grad_x.max()),
        "spread": float(np.ptp(grad_x)),
        "total": float(grad_x.sum()),
    }


# --- a bias below batch norm ---------------------------------------------------------------------

_BIAS = Amount(
    name="grad_b",
    tolerance=0.005,
    slips=(
        Slip(
            name="grad_beta",
            reply="That is the gradient of β, which is added after normalizing. b is added "
            "before, and is subtracted again with the mean.",
        ),
        Slip(
            name="without_statistics",
            reply="That ignores that b changes the mean as well: μ grows with b.",
        ),
    ),
)


def bias_below(variation: int) -> QuizQuestion:
    """What gradient does a bias before batch norm get?"""
    rng = np.random.default_rng([SEED, 4, variation])
    grad_y = np.round(rng.uniform(0.2, 1.5, (4, 1)), 1)
    return QuizQuestion(
        id="one_layer.bias",
        text=(
            "The layer below adds a bias b to every x of this column, so the gradient of b is the "
            f"sum of the gradients of x. From above come the gradients {listed(grad_y)}. "
            "What is the gradient of b?"
        ),
        amount=_BIAS,
        set_up=example_of(draw_column(rng).tolist(), weight=(2.0,), grad_y=grad_y.tolist()),
        experiment=_bias_gradient,
        place="grad_x",
        why=(
            "b shifts all x of the column by the same amount, and batch norm subtracts that with "
            "the mean. So the gradients of x sum to {grad_b:z.2f}, whatever comes from above, "
            "and b never learns. This is why a layer below batch norm needs no bias. β takes its "
            "place: its gradient is {grad_beta:.2f}."
        ),
        basis=BASIS,
    )


def _bias_gradient(example: LayerExample) -> Numbers:
    layer = layer_of(example)
    back = backward(layer, example.grad_y)
    return {
        "grad_b": float(back.grad_x.sum()),
        "grad_beta": float(back.grad_bias[0]),
        "without_statistics": float((back.grad_x_hat / layer.std).sum()),
    }


QUESTIONS = (reach_of_a_gradient, bias_below)
