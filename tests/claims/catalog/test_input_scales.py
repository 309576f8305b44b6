"""Claim 14, at a reduced size."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bnlab.claims.catalog.input_scales import CLAIM
from bnlab.claims.evidence import Evidence
from bnlab.fleet.nn.dense import Network
from bnlab.fleet.nn.init import first_parameters
from bnlab.spec.member import MemberSpec, NetworkSpec, NormSpec
from tests.claims.reduced import pairs_in, run_reduced


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    rates = (1e-6, 1e-5, 1e-2, 0.1, 0.3)
    return run_reduced(CLAIM, seeds=5, studies=("wine",), axes={"optimizer.lr": rates})


def mean_effect(evidence: Evidence, condition: str) -> float:
    pairs = pairs_in(CLAIM, evidence, f"Wine: {condition}")
    return float((pairs.first - pairs.second).mean())


def test_a_norm_behind_the_first_layer_helps_raw_features(evidence: Evidence) -> None:
    assert mean_effect(evidence, "hidden BN helps") > 0.05


def test_but_it_does_not_do_what_standardizing_does(evidence: Evidence) -> None:
    assert mean_effect(evidence, "hidden BN is as good as standardizing") < -0.01


def test_on_the_input_batch_norm_does_what_standardizing_does(evidence: Evidence) -> None:
    assert abs(mean_effect(evidence, "BN on the input is as good as standardizing")) < 0.02


def test_a_scale_that_all_inputs_share_is_taken_out_and_one_of_a_single_input_is_not() -> None:
    spec = MemberSpec(network=NetworkSpec(depth=2, width=32), norm=NormSpec(kind="batch"))
    parameters = first_parameters([spec], device="cpu", dtype=torch.float64)
    network = Network(spec, parameters)
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(1, 64, 32)))
    logits = network.forward(x, training=True)
    torch.testing.assert_close(network.forward(1000 * x, training=True), logits, atol=1e-4, rtol=0)
    x[:, 0] *= 1000
    assert (network.forward(x, training=True) - logits).abs().mean() > 0.1
