"""No question leaves a trace: not in weights, running statistics or any stream of chance."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields

import numpy as np
import pytest
import torch

from bnlab.fleet.inspect.batch_dependence import companions, modes
from bnlab.fleet.inspect.folding import fold
from bnlab.fleet.inspect.questions import evaluate
from bnlab.fleet.inspect.shifted_inputs import changed
from bnlab.fleet.inspect.units import unit
from tests.fleet.asked import AskedFleet
from tests.fleet.reference import small

OF_TIME = {"wall_s", "step_ms"}
QUESTIONS = [
    (evaluate, {"part": "test", "mode": "train"}),
    (unit, {"member": 1, "layer": 1, "unit": 3}),
    (
        companions,
        {"member": 0, "example": 3, "batch_size": 5, "draws": 4, "seed": 0, "order": "sorted"},
    ),
    (modes, {"member": 1, "batch_sizes": (2, 16), "seed": 0}),
    (changed, {"member": 0, "scales": (1.0, 3.0), "shifts": (0.5, 0.0)}),
    (fold, {"member": 1, "batch_size": 8, "repeats": 2}),
]


def looked(fleet: AskedFleet) -> dict[str, bytes]:
    """All that a frame shows, time left out, as bytes."""
    frame = fleet.training.look()
    arrays = {field.name: getattr(frame, field.name) for field in fields(frame)}
    seen = {
        name: value.tobytes()
        for name, value in arrays.items()
        if isinstance(value, np.ndarray) and name not in OF_TIME
    }
    for quantity, stats in frame.layers.items():
        seen[quantity] = stats.mean.tobytes() + stats.histogram.counts.tobytes()
    return seen


@pytest.mark.parametrize(
    "changes",
    [
        {"norm__kind": "batch"},
        {"norm__kind": "batch", "norm__momentum": "cumulative", "network__norm_on_input": True},
        {"norm__kind": "batch", "network__dropout": 0.3, "optimizer__momentum": 0.9},
        {"norm__kind": "layer", "network__dropout": 0.3},
    ],
    ids=str,
)
@pytest.mark.parametrize("steps", [0, 4])
def test_asking_leaves_the_training_bit_identical(changes: dict[str, object], steps: int) -> None:
    spec = small(**changes)
    members = (spec, spec.replace({"seed": 9}))
    asked, left_alone = (AskedFleet(*members, steps=steps, dtype=torch.float32) for _ in range(2))
    before = torch.get_rng_state()
    for question, how in QUESTIONS:
        for _ in range(2):
            with suppress(ValueError):  # layer norm cannot be folded
                asked.answer(question, **how)
    assert torch.equal(torch.get_rng_state(), before)
    for _ in range(5):
        asked.training.step()
        left_alone.training.step()
        asked.answer(unit, member=0, layer=0, unit=0)
    assert looked(asked) == looked(left_alone)


@pytest.mark.parametrize(
    ("question", "how"), QUESTIONS, ids=lambda value: getattr(value, "__name__", "")
)
def test_the_same_question_has_the_same_answer(question: object, how: dict[str, object]) -> None:
    spec = small(norm__kind="batch", network__dropout=0.2)
    fleet = AskedFleet(spec, spec.replace({"seed": 9}), steps=3)
    first, again = (fleet.answer(question, **how) for _ in range(2))  # type: ignore[arg-type]
    for name in set(first) - {"seconds_before", "seconds_after"}:
        np.testing.assert_array_equal(first[name], again[name])
