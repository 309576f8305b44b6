"""The equations of batch norm hold for its layers, and are found broken where they are."""

from __future__ import annotations

import pytest

from bnlab.fleet.measurements.identities import identities
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec, NormSpec
from tests.fleet.measurements.measured import measured

EQUATIONS = ("mean", "variance", "undone", "backward", "gamma", "shift", "stretch", "length")
SPEC = MemberSpec(
    data=DataSpec(name="digits", standardized=False),
    network=NetworkSpec(depth=2, width=16),
    norm=NormSpec(kind="batch"),
    steps=10,
)


@pytest.mark.parametrize("eps", [1e-5, 0.1])
def test_the_equations_hold_for_batch_norm_to_rounding(eps: float) -> None:
    answer = measured("identities", [SPEC.replace({"norm.eps": eps})])
    for name in EQUATIONS:
        assert answer[name][0] < 1e-12, name
    assert answer["spread"][0] < 1


def test_a_large_eps_keeps_the_variance_of_x_hat_under_1() -> None:
    small, large = measured("identities", [SPEC.replace({"norm.eps": eps}) for eps in (1e-5, 1.0)])[
        "spread"
    ]
    assert 0.999 < small < 1
    assert large < 0.9


def test_other_norms_break_the_equations_of_batch_norm() -> None:
    answer = measured("identities", [SPEC.replace({"norm.kind": "layer"})])
    for name in ("mean", "variance", "undone", "backward", "shift"):
        assert answer[name][0] > 0.01, name


def test_what_the_weights_get_has_no_mean_of_0() -> None:
    answer = measured(
        "identities", [SPEC.replace({"norm.kind": kind}) for kind in ("batch", "layer")]
    )
    assert (answer["inputs"] > 0.3).all()


def test_without_gamma_and_beta_it_says_so() -> None:
    with pytest.raises(ValueError, match=r"norm.affine must be .*\(got no gamma"):
        list(identities([SPEC.replace({"norm.affine": "none"})]))
