"""Questions of the page "What is averaged": which values one mean averages."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnlab.by_hand.batch_norm import OneValueError
from bnlab.by_hand.norms import NORM_KINDS, counts, normalize
from bnlab.lessons.questions import Choice, Choices, Numbers
from bnlab.lessons.quiz.blocks import BASIS, SAME, SEED, draw_block, set_up_of
from bnlab.lessons.quiz.examples import largest_difference
from bnlab.lessons.quiz.question import Amount, QuizQuestion, Slip

# --- how many values one mean averages -----------------------------------------------------------

_VALUES = Amount(
    name="batch",
    tolerance=0.5,
    slips=(
        Slip(
            name="examples",
            reply="That counts the images only, as in a dense layer. In a convolution all "
            "{positions:.0f} positions of a channel count as well.",
        ),
        Slip(name="layer", reply="That is layer norm: one image, all of its channels."),
        Slip(name="instance", reply="That is instance norm: one channel of one image."),
        Slip(
            name="everything",
            reply="That is the whole block. But every channel has its own mean.",
        ),
    ),
)


def values_of_a_mean(variation: int) -> QuizQuestion:
    """How many values does batch norm average for one mean?"""
    rng = np.random.default_rng([SEED, 0, variation])
    n, c, size = int(rng.choice([2, 3])), int(rng.choice([4, 8])), int(rng.choice([2, 4, 8]))
    return QuizQuestion(
        id="norms.values",
        text=(
            f"A block of {n} images with {c} channels of {size} × {size} positions goes through "
            "batch norm. How many values are averaged for one mean?"
        ),
        amount=_VALUES,
        set_up=set_up_of("batch", examples=n, channels=c, size=size),
        experiment=_count,
        why=(
            "{examples:.0f} images × {positions:.0f} positions = {batch:.0f} values, "
            "for each of the {channels:.0f} channels separately."
        ),
        basis=BASIS,
    )


def _count(set_up: dict[str, Any]) -> Numbers:
    n, c, p = set_up["examples"], set_up["channels"], set_up["size"] ** 2
    values: dict[str, float] = {
        kind: counts(kind, n=n, c=c, p=p).values_per_set for kind in NORM_KINDS
    }
    return {**values, "examples": n, "channels": c, "positions": p, "everything": n * c * p}


# --- a batch of one ------------------------------------------------------------------------------

_ONE_IMAGE: Choices = (
    Choice(
        text="An error: batch norm needs at least two examples",
        holds=lambda found: found["is_refused"] == 1,
        reply="It needs two values for a mean, and one channel of this image has {values:.0f}. "
        "The error occurs where a channel has only one position, as in a dense layer.",
    ),
    Choice(
        text="Every output is β, as each value is its own mean",
        holds=lambda found: not found["is_refused"] and found["size"] < SAME,
        reply="That would be true with one value per mean. Here {values:.0f} positions are "
        "averaged, and x̂ reaches {size:.2f} in magnitude.",
    ),
    Choice(
        text="It works, and gives the same as instance norm",
        holds=lambda found: not found["is_refused"] and found["from_instance"] < SAME,
    ),
    Choice(
        text="It works, and gives the same as layer norm",
        holds=lambda found: not found["is_refused"] and found["from_layer"] < SAME,
        reply="Layer norm averages over all channels of the image at once. "
        "Its x̂ differs by up to {from_layer:.2f}.",
    ),
)


def one_image(variation: int) -> QuizQuestion:
    """Does batch norm after a convolution work with one image?"""
    rng = np.random.default_rng([SEED, 1, variation])
    c, size = int(rng.choice([2, 4, 8])), int(rng.choice([2, 4, 8]))
    return QuizQuestion(
        id="norms.one_image",
        text=(
            f"One single image, {c} channels of {size} × {size} positions, goes through batch "
            "norm in training mode. What happens?"
        ),
        choices=_ONE_IMAGE,
        set_up=set_up_of("batch", examples=1, channels=c, size=size),
        experiment=_normalize_one,
        why=(
            "Each channel still averages {values:.0f} values: its positions. With one image these "
            "are the sets of instance norm, and the results differ by {from_instance:.1g}. "
            "This is why small batches hurt a convolution less than a dense layer."
        ),
        basis=BASIS,
    )


def _normalize_one(set_up: dict[str, Any]) -> Numbers:
    x = draw_block(set_up)
    values = counts("batch", n=len(x), c=x.shape[1], p=set_up["size"] ** 2).values_per_set
    try:
        x_hat = normalize(x, "batch").x_hat
    except OneValueError:
        return {"is_refused": 1, "values": values}
    return {
        "is_refused": 0,
        "values": values,
        "size": float(np.abs(x_hat).max()),
        "from_layer": largest_difference(x_hat, normalize(x, "layer").x_hat),
        "from_instance": largest_difference(x_hat, normalize(x, "instance").x_hat),
    }


QUESTIONS = (values_of_a_mean, one_image)
