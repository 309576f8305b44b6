"""The norms in words: how each is called in a sentence, and what it does."""

from __future__ import annotations

from typing import NamedTuple

from bnlab.spec.member import NormKind


class NormWords(NamedTuple):
    """One kind of norm in words."""

    variant: str  # the name of a variant that differs in this norm
    spoken: str
    says: str  # one sentence without its point


NORM_WORDS: dict[NormKind, NormWords] = {
    "none": NormWords("none", "no norm", "what comes in goes out"),
    "batch": NormWords(
        "batch", "batch norm", "mean 0 and variance 1 for each unit over the minibatch"
    ),
    "layer": NormWords(
        "layer", "layer norm", "mean 0 and variance 1 for each example over its units"
    ),
    "group": NormWords("group", "group norm", "as layer norm, over groups of units"),
    "rms": NormWords(
        "rms", "RMS norm", "each example divided by the root mean square of its units"
    ),
    "batch_centre": NormWords(
        "centre only", "centre-only batch norm", "takes the mean away and divides by nothing"
    ),
    "batch_scale": NormWords(
        "scale only", "scale-only batch norm",
        "divides by the standard deviation and leaves the mean",
    ),
    "batch_ghost": NormWords(
        "ghost", "ghost batch norm", "each few examples of the minibatch by themselves"
    ),
    "batch_renorm": NormWords(
        "renorm", "batch renormalization",
        "corrected, within limits, towards what the running statistics would give",
    ),
    "batch_noisy": NormWords(
        "noisy", "noisy batch norm",
        "then at each step shifted and scaled by chance: distributions drift on purpose",
    ),
    "batch_frozen": NormWords(
        "frozen", "frozen batch norm",
        "after some steps training, too, takes the running statistics",
    ),
    "group_ws": NormWords(
        "weight std", "weight-standardized group norm",
        "the weights of each unit have mean 0 and variance 1, then group norm",
    ),
}  # fmt: skip
