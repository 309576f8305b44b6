"""Things to try on a layer example: a change, a prediction before it, and what the numbers say.

What came out is computed from the numbers each time; nothing here knows the answer beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bnlab.by_hand.batch_norm import Array, Backward, backward, forward
from bnlab.by_hand.layer_example import LayerExample

SCALE, SHIFT, STEP = 3.0, 10.0, 1.0  # what the trials do to x
_CLOSE = 0.01  # a claim holds when it is off by less than this share of the numbers it is about


@dataclass(frozen=True)
class Claim:
    """One possible answer, and how far the numbers are from it: 0 is exactly so, 1 not at all."""

    text: str
    distance: float


@dataclass(frozen=True)
class Outcome:
    """What came out: the claims with their distances, and the measurement in words."""

    claims: tuple[Claim, ...]
    measured: str

    @property
    def answer(self) -> str | None:
        """The claim that holds; None when the numbers bear none of them out."""
        best = min(self.claims, key=lambda claim: claim.distance)
        return best.text if best.distance < _CLOSE else None


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A change of the layer example, with a question before it.

    Args:
        name: of the trial, in links and keys.
        title: what a person calls it.
        question: what is to be predicted.
        answers: the claims that `measure` puts to the numbers, by their texts.
        change: does it.
        measure: looks at the numbers before and after.
        shows: the name of the numbers that show it best.
        why: the reason, said afterwards.
    """

    name: str
    title: str
    question: str
    answers: tuple[str, ...]
    change: Callable[[LayerExample], LayerExample]
    measure: Callable[[Backward, Backward], Outcome]
    shows: str
    why: str

    def outcome(self, example: LayerExample) -> Outcome:
        """What happens to this example."""
        return self.measure(_computed(example), _computed(self.change(example)))


def reply(outcome: Outcome, prediction: str) -> str:
    """The outcome as an answer to what was predicted, in Markdown."""
    if outcome.answer == prediction:
        verdict = "So it is."
    elif outcome.answer is None:
        verdict = "With these numbers none of the answers holds."
    else:
        verdict = f"What came out: **{outcome.answer}**."
    return f"You said: **{prediction}**. {verdict} {outcome.measured}"


def _computed(example: LayerExample) -> Backward:
    layer = forward(example.x, example.weight, example.bias, eps=example.eps)
    return backward(layer, example.grad_y)


def _distance(found: ArrayLike, claimed: ArrayLike) -> float:
    """How far numbers are from what is claimed of them, as a share of the larger of the two."""
    found, claimed = np.broadcast_arrays(np.asarray(found), np.asarray(claimed))
    off = np.isnan(found) != np.isnan(claimed)
    both = ~np.isnan(found) & ~np.isnan(claimed)
    size = max(np.abs(found[both]).max(initial=0), np.abs(claimed[both]).max(initial=0))
    gap = np.abs(found - claimed)[both].max(initial=0)
    return 1.0 if off.any() else float(gap / size) if size else 0.0


def _claims(found: ArrayLike, claimed: Mapping[str, ArrayLike]) -> tuple[Claim, ...]:
    return tuple(Claim(text, _distance(found, values)) for text, values in claimed.items())


def _rounded(x: Array) -> Array:
    """Without the last digits of a float64: 3 * 11.2 + 10 is to read 43.6 in its box."""
    return x.round(12)


# --- the trials -----------------------------------------------------------------------------------

_SAME, _SCALED, _SHIFTED = "Nothing", "y is three times as large", "y is 10 higher"


def _scale_and_shift(before: Backward, after: Backward) -> Outcome:
    old, new = before.forward.y, after.forward.y
    moved = np.abs(new - old).max()
    return Outcome(
        _claims(new, {_SAME: old, _SCALED: SCALE * old, _SHIFTED: old + SHIFT}),
        f"No output changed by more than {moved:.2g}.",
    )


_ONES, _KEPT, _ZEROS = "+1 and −1, whatever the numbers", "The same as now", "0 and 0"


def _two_examples(before: Backward, after: Backward) -> Outcome:
    x_hat = after.forward.x_hat
    sizes = np.abs(x_hat)
    return Outcome(
        _claims(
            x_hat,
            {_ONES: np.where(x_hat < 0, -1.0, 1.0), _KEPT: before.forward.x_hat[:2], _ZEROS: 0.0},
        ),
        f"The sizes of all x̂ are between {sizes.min():.6g} and {sizes.max():.6g}.",
    )


_ZERO, _ONE, _NONE = "0", "1", "Not a number: 0 divided by 0"


def _constant_column(before: Backward, after: Backward) -> Outcome:
    layer = after.forward
    steepest, once = (np.abs(back.grad_x[:, 0]).max() for back in (after, before))
    return Outcome(
        _claims(layer.x_hat[:, 0], {_ZERO: 0.0, _ONE: 1.0, _NONE: np.nan}),
        f"x̂ of unit 1 is {layer.x_hat[0, 0]:.3g}, its variance {layer.variance[0]:.3g}, and so "
        f"its s is √ε = {layer.std[0]:.3g}. The gradient for x, divided by that s, is now as "
        f"large as {steepest:.3g}; it was {once:.3g}.",
    )


_X, _X_HAT, _BETA = "x: the layer does nothing", "x̂: the layer only normalizes", "beta in every row"


def _back_to_x(before: Backward, after: Backward) -> Outcome:
    layer = after.forward
    off = np.abs(layer.y - layer.x).max()
    return Outcome(
        _claims(layer.y, {_X: layer.x, _X_HAT: layer.x_hat, _BETA: layer.bias}),
        f"The largest difference between y and x is {off:.2g}.",
    )


_NO_GRADIENT, _AS_BETA, _OVER_S = "0", "The same as that of beta", "That of beta, times γ/s"


def _bias_before(before: Backward, after: Backward) -> Outcome:
    gradients = after.grad_x.sum(axis=0)
    size = np.abs(after.grad_x).sum(axis=0).max()
    claimed = {
        _NO_GRADIENT: 0.0,
        _AS_BETA: after.grad_bias,
        _OVER_S: after.grad_bias * after.forward.weight / after.forward.std,
    }
    moved = np.abs(after.forward.y - before.forward.y).max()
    claims = tuple(
        Claim(text, float(np.abs(gradients - value).max() / size) if size else 0.0)
        for text, value in claimed.items()
    )
    return Outcome(
        claims,
        f"The largest sum of a column of ∂ℓ/∂x is {np.abs(gradients).max():.2g}. "
        f"And raising the bias by 1 has changed no output by more than {moved:.2g}.",
    )


TRIALS = {
    trial.name: trial
    for trial in (
        Trial(
            name="scale",
            title="Scale and shift the batch",
            question="Every x is multiplied by 3, and then 10 is added. What happens to y?",
            answers=(_SAME, _SCALED, _SHIFTED),
            change=lambda example: example.replace(x=_rounded(SCALE * np.array(example.x) + SHIFT)),
            measure=_scale_and_shift,
            shows="y",
            why="The mean takes every shift away, the division by s every scale. What little is "
            "left is epsilon: it weighs less beside a larger variance.",
        ),
        Trial(
            name="two",
            title="A batch of two",
            question="Only the first two examples stay. What are their x̂, in each unit?",
            answers=(_ONES, _KEPT, _ZEROS),
            change=lambda example: example.replace(x=example.x[:2], grad_y=example.grad_y[:2]),
            measure=_two_examples,
            shows="x_hat",
            why="Two values lie equally far from their mean, one above and one below, and that "
            "distance is the standard deviation. How far apart they were is lost: the layer only "
            "tells which is the larger. Two equal values both become 0.",
        ),
        Trial(
            name="constant",
            title="A constant column",
            question="All examples get the same value in unit 1. What is x̂ there?",
            answers=(_ZERO, _ONE, _NONE),
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
            question="Gamma is set to each unit's s and beta to its mean. What is y?",
            answers=(_X, _X_HAT, _BETA),
            change=lambda example: example.replace(
                weight=_computed(example).forward.std, bias=_computed(example).forward.mean
            ),
            measure=_back_to_x,
            shows="y",
            why="Stretching by s and shifting by the mean undoes the normalizing. So the layer can "
            "learn to do nothing: normalizing takes away no function that the network could have.",
        ),
        Trial(
            name="bias",
            title="A bias before batch norm",
            question="The layer before adds a bias b to each unit, and b is raised by 1. "
            "What is the gradient of b: the sum of ∂ℓ/∂x over the minibatch?",
            answers=(_NO_GRADIENT, _AS_BETA, _OVER_S),
            change=lambda example: example.replace(x=_rounded(np.array(example.x) + STEP)),
            measure=_bias_before,
            shows="grad_x",
            why="A bias moves all values of a unit alike, and the mean takes that away. So b has "
            "no effect and no gradient: beta does its work, and layers before batch norm are "
            "built without a bias.",
        ),
    )
}
