"""Questions of the page "One layer" about the forward pass, computed by hand."""

from __future__ import annotations

import numpy as np

from bnlab.by_hand.layer_example import LayerExample, example_of
from bnlab.lessons.questions import Choice, Choices, Numbers
from bnlab.lessons.quiz.examples import (
    BASIS,
    SAME,
    SEED,
    draw_column,
    largest_difference,
    layer_of,
    listed,
)
from bnlab.lessons.quiz.question import Amount, QuizQuestion, Slip

# --- the variance of x̂ ---------------------------------------------------------------------------

_VARIANCE = Amount(
    name="variance",
    tolerance=0.01,
    slips=(
        Slip(
            name="one",
            reply="It would be exactly 1 with ε = 0. Here ε is not small compared with the "
            "variance of the column, {of_x:.3g}.",
        ),
        Slip(name="std", reply="That is the standard deviation of x̂. The variance is its square."),
        Slip(name="of_x", reply="That is the variance of the column before it is normalized."),
        Slip(name="share_of_eps", reply="That is how much ε removes, not what is left."),
    ),
)


def variance_of_x_hat(variation: int) -> QuizQuestion:
    """What is the variance of the normalized values if eps is not small?"""
    rng = np.random.default_rng([SEED, 0, variation])
    spread, eps = ((0.2, 0.01), (0.2, 0.1), (0.1, 0.1), (0.3, 0.1))[variation % 4]
    middle = round(float(rng.uniform(-2, 2)), 1)
    x = (middle + spread * np.array([[1.0], [-1.0], [-1.0], [1.0]])).round(1)
    return QuizQuestion(
        id="one_layer.variance",
        text=f"A column holds {listed(x)}, and ε is {eps:g}. What is the variance of its x̂?",
        amount=_VARIANCE,
        set_up=example_of(x.tolist(), eps=eps),
        experiment=_variances,
        place="x_hat",
        why=(
            "The layer divides by √(σ² + ε). So the variance of x̂ is σ²/(σ² + ε) = "
            "{of_x:.3g}/({of_x:.3g} + {eps:g}) = {variance:.3g}: always slightly below 1, and "
            "far below it if ε is not small compared with σ²."
        ),
        basis=BASIS,
    )


def _variances(example: LayerExample) -> Numbers:
    layer = layer_of(example)
    variance = float(layer.x_hat.var())
    return {
        "variance": variance,
        "one": 1.0,
        "std": float(layer.x_hat.std()),
        "of_x": float(layer.variance[0]),
        "share_of_eps": 1 - variance,
        "eps": example.eps,
    }


# --- a column that is another, turned, scaled and shifted ----------------------------------------

_TURNED: Choices = (
    Choice(
        text="It is the same",
        holds=lambda found: found["same"] < SAME,
        reply="Shift and scale are removed, but the sign is not: a standard deviation is never "
        "negative. The two differ by up to {same:.2f}.",
    ),
    Choice(
        text="It has the opposite sign, and is otherwise the same",
        holds=lambda found: found["turned"] < SAME,
    ),
    Choice(
        text="It has the opposite sign, and is larger by the same factor as x",
        holds=lambda found: found["scaled"] < SAME,
        reply="That only subtracts the mean. The layer also divides by the standard deviation, "
        "which is larger in the second column. Your answer is off by up to {scaled:.2f}.",
    ),
    Choice(
        text="It has the opposite sign and the shift: only the scale is removed",
        holds=lambda found: found["turned_and_shifted"] < SAME,
        reply="The shift is in the mean, and the mean is subtracted. Your answer is off by "
        "{turned_and_shifted:.0f}.",
    ),
)


def turned_column(variation: int) -> QuizQuestion:
    """How does y change if x changes its sign, its scale and its mean?"""
    rng = np.random.default_rng([SEED, 1, variation])
    x, scale, shift = draw_column(rng), int(rng.choice([2, 3, 4])), int(rng.choice([5, 10, 20]))
    both = np.hstack([x, -scale * x + shift])
    return QuizQuestion(
        id="one_layer.turned",
        text=(
            f"The second column is the first one times −{scale}, plus {shift}. For both, γ is 1.5 "
            "and β is 0. Compared with the output y of the first column, what is that of the "
            "second?"
        ),
        choices=_TURNED,
        set_up=example_of(both.round(1).tolist(), weight=(1.5, 1.5)),
        experiment=_compare_columns,
        place="y",
        why=(
            "Subtracting the mean removes the shift, and dividing by the standard deviation the "
            "size of the scale, but not its sign. With the sign flipped back the two differ by "
            "{turned:.1g}, because of ε. So below batch norm only the direction of a unit's "
            "weights matters to the output, not their size."
        ),
        basis=BASIS,
    )


def _compare_columns(example: LayerExample) -> Numbers:
    (first, second), (y, other) = np.transpose(example.x), layer_of(example).y.T
    scale = second.std() / first.std()
    shift = second.mean() + scale * first.mean()
    return {
        "same": largest_difference(other, y),
        "turned": largest_difference(other, -y),
        "scaled": largest_difference(other, -scale * y),
        "turned_and_shifted": largest_difference(other, -y + shift),
    }


# --- back to x -----------------------------------------------------------------------------------

_OFFERS = {
    "identity": "γ = 1 and β = 0",
    "inverse": "γ = 1/s and β = −μ",
    "undo": "γ = s and β = μ",
    "variance": "γ = s² and β = μ",
}


def back_to_x(variation: int) -> QuizQuestion:
    """Which gamma and beta restore x?"""
    rng = np.random.default_rng([SEED, 2, variation])
    example = example_of(draw_column(rng, mean=1.5).tolist())
    return QuizQuestion(
        id="one_layer.undo",
        text=(
            "Batch norm has subtracted the mean μ from a column and divided it by s = √(σ² + ε). "
            "With which γ and β is y equal to x again?"
        ),
        choices=tuple(_offer(example, name) for name in _OFFERS),
        set_up=example,
        experiment=_try_offers,
        place="y",
        why=(
            "x̂ = (x − μ)/s, so s·x̂ + μ = x. Here s is {std:.3f} and μ is {mean:z.3f}, and y "
            "differs from x by {undo:.1g}. Batch norm can undo itself, if training calls for it. "
            "With γ = 1 and β = 0 the output is x̂, not x."
        ),
        basis=BASIS,
    )


def _with_offer(example: LayerExample, name: str) -> LayerExample:
    """The example with the gamma and beta of an offer."""
    layer = layer_of(example)
    mean, std = float(layer.mean[0]), float(layer.std[0])
    offers = {
        "identity": (1.0, 0.0),
        "inverse": (1 / std, -mean),
        "undo": (std, mean),
        "variance": (std**2, mean),
    }
    weight, bias = offers[name]
    return example.replace(weight=(weight,), bias=(bias,))


def _offer(example: LayerExample, name: str) -> Choice[Numbers]:
    offered = _with_offer(example, name)
    return Choice(
        text=_OFFERS[name],
        holds=lambda found: found[name] < SAME,
        reply=f"That is γ = {offered.weight[0]:.3f} and β = {offered.bias[0]:z.3f}: "
        f"y differs from x by up to {{{name}:.2f}}.",
        set_up=offered,
    )


def _try_offers(example: LayerExample) -> Numbers:
    layer = layer_of(example)
    distances = {
        name: largest_difference(layer_of(_with_offer(example, name)).y, layer.x)
        for name in _OFFERS
    }
    return {**distances, "std": float(layer.std[0]), "mean": float(layer.mean[0])}


QUESTIONS = (turned_column, variance_of_x_hat, back_to_x)
