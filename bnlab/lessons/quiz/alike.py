"""Questions of the page "What is averaged": which norms give the same result, and when."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnlab.by_hand.norms import NORM_KINDS, counts, normalize
from bnlab.lessons.questions import Choice, Choices, Numbers
from bnlab.lessons.quiz.blocks import BASIS, SAME, SEED, draw_block, set_up_of
from bnlab.lessons.quiz.examples import largest_difference
from bnlab.lessons.quiz.question import QuizQuestion


def _moved(found: Numbers) -> set[str]:
    """The norms whose result is different."""
    return {kind for kind in NORM_KINDS if found[kind] > SAME}


# --- who needs running statistics ----------------------------------------------------------------

_LEFT_ALONE = (
    "Without the other examples, the x̂ of the first changes by up to {batch:.2f} in batch norm, "
    "and by {others:.1g} in layer, group, instance and RMS norm."
)
_COMPANIONS: Choices = (
    Choice(
        text="Batch and layer norm: both compute means",
        holds=lambda found: _moved(found) == {"batch", "layer"},
        reply="Layer norm computes its mean within one example, every time it is used. "
        "It keeps {kept_by_layer:.0f} running statistics.",
    ),
    Choice(
        text="All that subtract a mean: batch, layer, group and instance norm",
        holds=lambda found: _moved(found) == {"batch", "layer", "group", "instance"},
        reply="What matters is whose values are averaged. " + _LEFT_ALONE,
    ),
    Choice(
        text="None: each example is normalized on its own",
        holds=lambda found: not _moved(found),
        reply="Not in batch norm. " + _LEFT_ALONE,
    ),
    Choice(
        text="Batch norm only",
        holds=lambda found: _moved(found) == {"batch"},
    ),
)


def companions_leave(variation: int) -> QuizQuestion:
    """Which norm's result for an example changes without the other examples?"""
    rng = np.random.default_rng([SEED, 2, variation])
    n = int(rng.choice([2, 4, 8]))
    return QuizQuestion(
        id="norms.companions",
        text=(
            f"A block has {n} examples. You keep the first and remove the others. Which norms "
            f"then give a different result for the first, and so need running statistics to "
            f"process a single example?"
        ),
        choices=_COMPANIONS,
        set_up=set_up_of("batch", examples=n, groups=2),
        experiment=_take_away,
        why=_LEFT_ALONE + " So batch norm keeps running statistics, {kept_by_batch:.0f} for its "
        "{channels:.0f} channels, and the others keep {kept_by_layer:.0f}.",
        basis=BASIS,
    )


def _take_away(set_up: dict[str, Any]) -> Numbers:
    x, groups = draw_block(set_up), set_up["groups"]
    moved: dict[str, float] = {
        kind: largest_difference(
            normalize(x, kind, groups=groups).x_hat[:1],
            normalize(x[:1], kind, groups=groups).x_hat,
        )
        for kind in NORM_KINDS
    }
    n, c, p = len(x), x.shape[1], set_up["size"] ** 2
    return {
        **moved,
        "others": max(moved[kind] for kind in NORM_KINDS if kind != "batch"),
        "channels": c,
        "kept_by_batch": counts("batch", n=n, c=c, p=p).running,
        "kept_by_layer": counts("layer", n=n, c=c, p=p).running,
    }


# --- groups of one channel -----------------------------------------------------------------------

_GROUPS: Choices = (
    Choice(
        text="Instance norm",
        holds=lambda found: found["instance"] < SAME,
    ),
    Choice(
        text="Layer norm",
        holds=lambda found: found["layer"] < SAME,
        reply="That would be one group of all channels. "
        "With one channel per group, the results differ by up to {layer:.2f}.",
    ),
    Choice(
        text="Batch norm: it has a mean for every channel too",
        holds=lambda found: found["batch"] < SAME,
        reply="Batch norm's mean of a channel is over all images, group norm's over one image. "
        "The results differ by up to {batch:.2f}.",
    ),
    Choice(
        text="None: no channels are mixed, so x stays as it is",
        holds=lambda found: found["nothing"] < SAME,
        reply="The positions of a channel are still averaged. "
        "The result differs from x by up to {nothing:.2f}.",
    ),
)


def groups_of_one(variation: int) -> QuizQuestion:
    """What is group norm with one channel in each group?"""
    rng = np.random.default_rng([SEED, 3, variation])
    c, n = int(rng.choice([4, 8])), int(rng.choice([2, 4]))
    return QuizQuestion(
        id="norms.groups",
        text=(
            f"Group norm divides the {c} channels of each image into {c} groups: one channel per "
            f"group. Which norm is that?"
        ),
        choices=_GROUPS,
        set_up=set_up_of("group", examples=n, channels=c, groups=c),
        experiment=_compare_kinds,
        why=(
            "Each set is one channel of one image, as in instance norm: the results differ by "
            "{instance:.1g}. From layer norm they differ by up to {layer:.2f}, from batch norm by "
            "up to {batch:.2f}."
        ),
        basis=BASIS,
    )


def _compare_kinds(set_up: dict[str, Any]) -> Numbers:
    x = draw_block(set_up)
    x_hat = normalize(x, "group", groups=set_up["groups"]).x_hat
    moved: dict[str, float] = {
        kind: largest_difference(x_hat, normalize(x, kind).x_hat) for kind in NORM_KINDS
    }
    return {**moved, "nothing": largest_difference(x_hat, x)}


# --- the same number added everywhere ------------------------------------------------------------

_STAYS = "It subtracts a mean, which has grown by {shift:.0f} as well: its x̂ stays the same."
_SHIFT: Choices = (
    Choice(text="Batch norm", holds=lambda found: _moved(found) == {"batch"}, reply=_STAYS),
    Choice(text="Layer norm", holds=lambda found: _moved(found) == {"layer"}, reply=_STAYS),
    Choice(text="RMS norm", holds=lambda found: _moved(found) == {"rms"}),
    Choice(
        text="All of them",
        holds=lambda found: _moved(found) == set(NORM_KINDS),
        reply="Those that subtract a mean do not notice: their x̂ changes by {others:.1g}.",
    ),
)


def shift_all(variation: int) -> QuizQuestion:
    """Which norm notices that the same number is added everywhere?"""
    rng = np.random.default_rng([SEED, 4, variation])
    shift = int(rng.choice([2, 5]))
    return QuizQuestion(
        id="norms.shift",
        text=f"You add {shift} to every activation of the block. Which norm gives a different x̂?",
        choices=_SHIFT,
        set_up=set_up_of("rms", examples=2, groups=2) | {"shift": shift},
        experiment=_shift,
        why=(
            "RMS norm divides by the root mean square and subtracts no mean. Its x̂ changes by "
            "up to {rms:.2f}, that of the others by {others:.1g}."
        ),
        basis=BASIS,
    )


def _shift(set_up: dict[str, Any]) -> Numbers:
    x, groups, shift = draw_block(set_up), set_up["groups"], set_up["shift"]
    moved: dict[str, float] = {
        kind: largest_difference(
            normalize(x, kind, groups=groups).x_hat, normalize(x + shift, kind, groups=groups).x_hat
        )
        for kind in NORM_KINDS
    }
    others = max(moved[kind] for kind in NORM_KINDS if kind != "rms")
    return {**moved, "others": others, "shift": shift}


QUESTIONS = (companions_leave, groups_of_one, shift_all)
