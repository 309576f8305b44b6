"""Textbook claims about batch norm, one file each, and the rules of their verdicts."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from bnlab.claims.claim import Claim
from bnlab.spec.fields import refusal

# In the order of their numbers; each is a module of `bnlab.claims.catalog` with a `CLAIM`.
NAMES = (
    "normalization",
    "capacity",
    "faster_training",
    "learning_rate",
    "regularization",
    "placement",
    "gradient_flow",
    "initialization",
    "accuracy",
    "batch_size",
    "training_and_inference",
    "architectures",
    "covariate_shift",
    "input_scales",
    "noise_regularizes",
    "residual_branches",
    "rank_collapse",
    "auto_tuned_rate",
    "ghost_batches",
    "exact_statistics",
    "update_scale",
)


@cache
def claims() -> dict[str, Claim]:
    """All claims by name, in the order of their numbers."""
    return {name: import_module(f"bnlab.claims.catalog.{name}").CLAIM for name in NAMES}


def claim(which: str | int) -> Claim:
    """One claim by its number or its name.

    Raises:
        SpecError: there is no such claim.
    """
    for one in claims().values():
        if str(which).lower() in (one.name, str(one.number)):
            return one
    known = ", ".join(f"{one.number} ({one.name})" for one in claims().values())
    raise refusal("claim", f"{str(which)[:40]!r}", f"one of {known}")
