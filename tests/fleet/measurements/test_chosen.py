"""Networks of which only chosen parameters are trained."""

from __future__ import annotations

import numpy as np
import pytest

from bnlab.fleet.measurements.chosen import CHOICES
from bnlab.spec.member import MemberSpec
from tests.fleet.measurements.measured import measured
from tests.fleet.reference import Reference, small

SPEC = small(norm__kind="batch", steps=25, optimizer__lr=0.3)
BEGINNINGS = {"all": "", "gamma_beta": "norms.", "output": "output."}


def _by_torch(spec: MemberSpec, choice: str) -> float:
    """Validation accuracy of plain torch, in which what is not chosen asks for no gradient."""
    reference = Reference(spec)
    for name, parameter in reference.named_parameters():
        parameter.requires_grad_(name.startswith(BEGINNINGS[choice]))
    for _ in range(spec.steps):
        reference.train_step()
    return reference.validation()[1]


def test_what_is_trained_is_what_torch_trains_with_all_else_frozen() -> None:
    specs = [SPEC, SPEC.replace({"optimizer.lr": 1.0}), SPEC.replace({"network.depth": 2})]
    found = measured("chosen_trained", specs)
    for choice in BEGINNINGS:
        expected = [_by_torch(spec, choice) for spec in specs]
        np.testing.assert_allclose(found[f"validation_{choice}"], expected, atol=1e-6)


def test_as_many_random_weights_are_trained_as_there_are_gammas_and_betas() -> None:
    found = measured("chosen_trained", [SPEC.replace({"steps": 1})])
    counts = {choice: float(found[f"trained_{choice}"][0]) for choice in CHOICES}
    width, depth = SPEC.network.width, SPEC.network.depth
    assert counts["gamma_beta"] == counts["random"] == 2 * width * depth
    assert counts["output"] == (width + 1) * SPEC.data.facts.classes
    assert counts["all"] > counts["gamma_beta"] + counts["output"]


def test_steps_that_move_what_has_no_gradient_are_refused() -> None:
    with pytest.raises(ValueError, match="without momentum and weight decay"):
        measured("chosen_trained", [SPEC.replace({"optimizer.weight_decay": 0.1})])
