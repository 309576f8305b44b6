"""Tiny sweeps."""

from __future__ import annotations

from typing import Any

from bnlab.spec.experiment import Experiment
from bnlab.spec.member import parse

DEPTHS_AND_RATES = {"optimizer.lr": [0.01, 0.1, 1.0], "network.depth": [1, 2, 3]}


def tiny_sweep(steps: int = 30, **changes: Any) -> Experiment:
    """Two variants, three learning rates, three depths and two seeds, on points in the plane."""
    base = {
        "data": {"name": "moons"},
        "network": {"depth": 2, "width": 8},
        "steps": steps,
        "evaluate_every": 10,
        "batch_size": 16,
    }
    return parse(Experiment, {"base": base, "axes": DEPTHS_AND_RATES, "seeds": 2, **changes})
