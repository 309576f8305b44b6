"""The norms in words: what each is called in a sentence, and what it does."""

from __future__ import annotations

from typing import NamedTuple

from bnlab.spec.member import NormKind


class NormWords(NamedTuple):
    """One kind of norm in words."""

    variant: str  # name of a variant with this norm
    spoken: str
    says: str  # one sentence without its full stop


NORM_WORDS: dict[NormKind, NormWords] = {
    "none": NormWords("none", "no norm", "the output is the input"),
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
        "centre only", "centre-only batch norm", "subtracts the mean and does not divide"
    ),
    "batch_scale": NormWords(
        "scale only", "scale-only batch norm",
        "divides by the standard deviation and keeps the mean",
    ),
    "batch_ghost": NormWords(
        "ghost", "ghost batch norm", "small groups of examples of the minibatch, each on its own"
    ),
    "batch_renorm": NormWords(
        "renorm", "batch renormalization",
        "corrected, within limits, towards what the running statistics would give",
    ),
    "batch_noisy": NormWords(
        "noisy", "noisy batch norm",
        "then shifted and scaled at random at each step: distributions drift on purpose",
    ),
    "batch_frozen": NormWords(
        "frozen", "frozen batch norm",
        "after some steps, training also uses the running statistics",
    ),
    "group_ws": NormWords(
        "weight std", "weight-standardized group norm",
        "the weights of each unit have mean 0 and variance 1, then group norm",
    ),
}  # fmt: skip
