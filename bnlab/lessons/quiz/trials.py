"""Things to try on a layer example: a change, a prediction before it, and what the numbers say.

The outcome is computed from the numbers each time; no answer is hard-coded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bnlab.by_hand.batch_norm import Array, Backward, backward, forward
from bnlab.by_hand.layer_example import LayerExample
from bnlab.lessons.questions import Choice, Numbers, Question

SCALE, SHIFT, STEP = 3.0, 10.0, 1.0  # how the trials change x
_CLOSE = 0.01  # an answer holds if it is off by less than this share of its numbers


@dataclass(frozen=True)
class Outcome:
    """The outcome: how far the numbers are from each answer, and the measurement in words."""

    distances: Numbers  # by the text of the answer: 0 is exactly true, 1 not at all
    answer: str | None  # the true one; None if none holds
    measured: str


Measurement = tuple[Numbers, str]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A change of the layer example, with a question before it.

    Args:
        name: of the trial, in links and keys.
        title: its name on the page.
        question: what is to be predicted; decided by the distances that `measure` finds.
        change: makes the change.
        measure: compares the numbers before and after: distances, and what was found in words.
        shows: the name of the numbers that show it best.
        why: the reason, shown afterwards.
    """

    name: str
    title: str
    question: Question[Numbers]
    change: Callable[[LayerExample], LayerExample]
    measure: Callable[[Backward, Backward], Measurement]
    shows: str
    why: str

    def outcome(self, example: LayerExample) -> Outcome:
        """The outcome for this example."""
        distances, words = self.measure(_computed(example), _computed(self.change(example)))
        return Outcome(distances, self.question.true_answer(distances), words)


def _question(text: str, *answers: str) -> Question[Numbers]:
    """A question whose true answer is the one that the numbers are closest to, if close enough."""

    def choice(answer: str) -> Choice[Numbers]:
        return Choice(
            text=answer,
            holds=lambda distances: distances[answer] == min(distances.values()) < _CLOSE,
        )

    return Question(text=text, choices=tuple(map(choice, answers)))


def _computed(example: LayerExample) -> Backward:
    layer = forward(example.x, example.weight, example.bias, eps=example.eps)
    return backward(layer, example.grad_y)


def _distance(found: ArrayLike, claimed: ArrayLike) -> float:
    """How far numbers are from the claimed ones, as a share of the larger of the two."""
    found, claimed = np.broadcast_arrays(np.asarray(found), np.asarray(claimed))
    off = np.isnan(found) != np.isnan(claimed)
    both = ~np.isnan(found) & ~np.isnan(claimed)
    size = max(np.abs(found[both]).max(initial=0), np.abs(claimed[both]).max(initial=0))
    gap = np.abs(found - claimed)[both].max(initial=0)
    return 1.0 if off.any() else float(gap / size) if size else 0.0


def _distances(found: ArrayLike, claimed: Mapping[str, ArrayLike]) -> Numbers:
    return {text: _distance(found, values) for text, values in claimed.items()}


def _rounded(x: Array) -> Array:
    """Without the last digits of a float64, so that 3 * 11.2 + 10 reads 43.6 in its box."""
    return x.round(12)


# --- the trials -----------------------------------------------------------------------------------

_SAME, _SCALED, _SHIFTED = "Nothing", "y is three times as large", "y is 10 higher"


def _scale_and_shift(before: Backward, after: Backward) -> Measurement:
    old, new = before.forward.y, after.forward.y
    moved = np.abs(new - old).max()
    return (
        _distances(new, {_SAME: old, _SCALED: SCALE * old, _SHIFTED: old + SHIFT}),
        f"No output changed by more than {moved:.2g}.",
    )


_ONES, _KEPT, _ZEROS = "+1 and −1, whatever the numbers", "The same as now", "0 and 0"


def _two_examples(before: Backward, after: Backward) -> Measurement:
    x_hat = after.forward.x_hat
    sizes = np.abs(x_hat)
    return (
        _distances(
            x_hat,
            {_ONES: np.where(x_hat < 0, -1.0, 1.0), _KEPT: before.forward.x_hat[:2], _ZEROS: 0.0},
        ),
        f"All x̂ have a magnitude between {sizes.min():.6g} and {sizes.max():.6g}.",
    )


_ZERO, _ONE, _NONE = "0", "1", "Not a number: 0 divided by 0"


def _constant_column(before: Backward, after: Backward) -> Measurement:
    layer = after.forward
    steepest, once = (np.abs(back.grad_x[:, 0]).max() for back in (after, before))
    return (
        _distances(layer.x_hat[:, 0], {_ZERO: 0.0, _ONE: 1.0, _NONE: np.nan}),
        f"x̂ of unit 1 is {layer.x_hat[0, 0]:.3g}, its variance {layer.variance[0]:.3g}, and so "
        f"its s is √ε = {layer.std[0]:.3g}. The gradient of x, divided by that s, now reaches "
        f"{steepest:.3g}; it was {once:.3g}.",
    )


_X, _X_HAT, _BETA = "x: the layer does nothing", "x̂: the layer only normalizes", "beta in every row"


def _back_to_x(before: Backward, after: Backward) -> Measurement:
    layer = after.forward
    off = np.abs(layer.y - layer.x).max()
    return (
        _distances(layer.y, {_X: layer.x, _X_HAT: layer.x_hat, _BETA: layer.bias}),
        f"The largest difference between y and x is {off:.2g}.",
    )


_NO_GRADIENT, _AS_BETA, _OVER_S = "0", "The same as that of beta", "That of beta, times γ/s"


def _bias_before(before: Backward, after: Backward) -> Measurement:
    gradients = after.grad_x.sum(axis=0)
    size = np.abs(after.grad_x).sum(axis=0).max()
    claimed = {
        _NO_GRADIENT: 0.0,
        _AS_BETA: after.grad_bias,
        _OVER_S: after.grad_bias * after.forward.weight / after.forward.std,
    }
    moved = np.abs(after.forward.y - before.forward.y).max()
    distances = {
        text: float(np.abs(gradients - value).max() / size) if size else 0.0
        for text, value in claimed.items()
    }
    return (
        distances,
        f"The largest sum of a column of ∂ℓ/∂x is {np.abs(gradients).max():.2g}. "
        f"Raising the bias by 1 changed no output by more than {moved:.2g}.",
    )


TRIALS = {
    trial.name: trial
    for trial in (
        Trial(
            name="scale",
            title="Scale and shift the batch",
            question=_question(
                "Every x is multiplied by 3, and then 10 is added. What happens to y?",
                _SAME,
                _SCALED,
                _SHIFTED,
            ),
            change=lambda example: example.replace(x=_rounded(SCALE * np.array(example.x) + SHIFT)),
            measure=_scale_and_shift,
            shows="y",
            why="Subtracting the mean removes every shift, dividing by s every scale. The little "
            "that is left is due to epsilon, which matters less with a larger variance.",
        ),
        Trial(
            name="two",
            title="A batch of two",
            question=_question(
                "Only the first two examples are kept. What are their x̂, in each unit?",
                _ONES,
                _KEPT,
                _ZEROS,
            ),
            change=lambda example: example.replace(x=example.x[:2], grad_y=example.grad_y[:2]),
            measure=_two_examples,
            shows="x_hat",
            why="Two values are equally far from their mean, one above and one below, and that "
            "distance is the standard deviation. How far apart they were is lost: the layer only "
            "shows which is larger. Two equal values both become 0.",
        ),
        Trial(
            name="constant",
            title="A constant column",
            question=_question(
                "All examples get the same value in unit 1. What is x̂ there?", _ZERO, _ONE, _NONE
            ),
            change=lambda example: example.replace(
                x=[(example.x[0][0], *row[1:]) for row in example.x]
            ),
            measure=_constant_column,
            shows="x_hat",
            why="The centred values are 0. Without epsilon they would be divided by 0: set epsilon "
            "to 0 to see it, or raise it and watch the gradient shrink.",
        ),
        Trial(
            name="back",
            title="Gamma = s, beta = μ",
            question=_question(
                "Gamma is set to each unit's s and beta to its mean. What is y?", _X, _X_HAT, _BETA
            ),
            change=lambda example: example.replace(
                weight=_computed(example).forward.std, bias=_computed(example).forward.mean
            ),
            measure=_back_to_x,
            shows="y",
            why="Scaling by s and shifting by the mean undoes the normalization. So the layer "
            "can learn to do nothing: normalizing does not remove any function that the network "
            "could represent.",
        ),
        Trial(
            name="bias",
            title="A bias before batch norm",
            question=_question(
                "The previous layer adds a bias b to each unit, and b is raised by 1. "
                "What is the gradient of b: the sum of ∂ℓ/∂x over the minibatch?",
                _NO_GRADIENT,
                _AS_BETA,
                _OVER_S,
            ),
            change=lambda example: example.replace(x=_rounded(np.array(example.x) + STEP)),
            measure=_bias_before,
            shows="grad_x",
            why="A bias shifts all values of a unit alike, and subtracting the mean removes "
            "that. So b has no effect and no gradient: beta takes its place, and layers before "
            "batch norm are built without a bias.",
        ),
    )
}
