"""Claim 1, at a reduced size: exact wherever the equations say so."""

from __future__ import annotations

from bnlab.claims.catalog.normalization import CLAIM, EQUATIONS
from bnlab.claims.findings import headline
from tests.claims.reduced import findings_in, run_reduced


def test_every_equation_holds_and_the_inputs_of_the_weights_are_not_normalized() -> None:
    evidence = run_reduced(CLAIM, seeds=5, base={"steps": 5, "network.width": 16})
    found = findings_in(CLAIM, evidence)
    for name, _, _ in EQUATIONS.values():
        assert found[name].verdict == "supported"
        assert found[name].high < 1e-12
    assert headline(CLAIM, tuple(found.values())) == "supported"
    assert found["What the weights get (check)"].verdict == "contradicted"
    assert found["Mean 0, layer norm (control)"].verdict == "contradicted"
    assert -0.01 < found["Variance exactly 1 (check)"].effect < 0
