"""A claim of tiny networks, with a study that is trained and one that is measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bnlab.claims.claim import Claim, Condition, Dial, Setting, Study
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.spec.experiment import Experiment
from bnlab.spec.member import parse

RATES = {"optimizer.lr": [0.05, 0.1, 0.2]}
QUICK = {"rounds": 1, "steps": 1}
ENDLESS = {"rounds": 100_000, "steps": 5}


def tiny_experiment(*, steps: int = 20, seeds: int = 6, **changes: Any) -> Experiment:
    """Two variants on points in the plane."""
    base = {
        "data": {"name": "moons"},
        "network": {"depth": 1, "width": 8},
        "steps": steps,
        "evaluate_every": max(10, steps // 100),
        "batch_size": 16,
    }
    return parse(Experiment, {"base": base, "seeds": seeds, **changes})


def trained_study(**changes: Any) -> Study:
    """Two variants at three learning rates."""
    return Study("Trained.", tiny_experiment(**{"axes": RATES, **changes}))


def measured_study(settings: Mapping[str, Setting] = QUICK, **changes: Any) -> Study:
    """The time that a step of two variants takes."""
    return Study("Measured.", tiny_experiment(**changes), "step_seconds", settings)


def more_accurate(evidence: Evidence) -> Pairs:
    """Validation accuracy of both variants, each at its best learning rate."""
    arms = ("batch", "none")
    return Pairs(*(evidence.best("trained", "validation_accuracy", a).values[0] for a in arms))


def slower(evidence: Evidence) -> Pairs:
    """Seconds for a step of both variants."""
    return Pairs(*(evidence.answers("measured", "seconds", arm)[:, 0] for arm in ("batch", "none")))


def always_one_more(evidence: Evidence) -> Pairs:
    """Pairs of which the first is one more, of every seed that was measured."""
    [seconds] = evidence.answers("measured", "seconds", "none").T
    nothing = np.where(np.isnan(seconds), np.nan, 0.0)
    return Pairs(nothing + 1.0, nothing)


def a_condition(name: str, pairs: Any, **changes: Any) -> Condition:
    """A comparison of two numbers by their difference."""
    settings: dict[str, Any] = {
        "first": "batch norm",
        "second": "no norm",
        "metric": "a number",
        "unit": "units",
        "scale": "number",
        "smallest": 0.1,
        "direction": "more",
        "expected": "Nothing.",
    }
    return Condition(name=name, pairs=pairs, **{**settings, **changes})


BOTH = (a_condition("accuracy", more_accurate), a_condition("one more", always_one_more))


def tiny_claim(
    studies: Mapping[str, Study], conditions: tuple[Condition, ...], *, name: str = "tiny"
) -> Claim:
    """A claim of these studies and conditions, with dials for the batch size and the data."""
    return Claim(
        number=99,
        name=name,
        title="Tiny",
        statement="Tiny networks learn.",
        belief="They are tiny.",
        studies=studies,
        conditions=conditions,
        meaning={"supported": "They do."},
        explanation="",
        rivals=(),
        would_change="",
        dials=(Dial("batch_size", (1, 16), ""), Dial("data.train_size", (10, 100_000), "")),
        sources=(),
    )
