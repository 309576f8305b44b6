"""Claim 12, at a reduced size."""

from __future__ import annotations

import pytest

from bnlab.by_hand.norms_in_use import uses
from bnlab.claims.catalog.architectures import CLAIM, STYLES
from tests.claims.reduced import pairs_in, run_reduced

FEW_STEPS = {"vgg": 100, "inception": 50, "resnet": 100}


@pytest.mark.parametrize("style", STYLES)
def test_after_few_steps_batch_norm_is_ahead_in_each_style(style: str) -> None:
    steps = FEW_STEPS[style]
    evidence = run_reduced(
        CLAIM,
        seeds=2,
        studies=(style,),
        base={"steps": steps, "evaluate_every": steps},
        axes={"optimizer.lr": (0.01, 0.03)},
    )
    pairs = pairs_in(CLAIM, evidence, f"{STYLES[style]} style")
    assert (pairs.first - pairs.second).mean() > 0.05


def test_twenty_layers_train_with_skips_and_batch_norm_together() -> None:
    evidence = run_reduced(
        CLAIM,
        seeds=2,
        studies=("deep",),
        base={"steps": 60, "evaluate_every": 60, "network.depth": 20, "network.width": 4},
        axes={"optimizer.lr": (0.01, 0.03)},
    )
    for name in ("20 layers with skips", "20 layers with batch norm: skips or none (control)"):
        pairs = pairs_in(CLAIM, evidence, name)
        assert (pairs.first - pairs.second).mean() > 0.06


def test_the_original_vgg_and_googlenet_had_no_batch_norm_and_the_text_says_so() -> None:
    without = {use.model for use in uses("none")}
    assert {"VGG-16, VGG-19", "GoogLeNet (Inception v1)"} <= without
    assert "original VGG (2014) and GoogLeNet (2014) had no batch norm" in CLAIM.explanation
    for use in (*uses("batch"), *uses("layer"), *uses("rms")):
        assert f"{use.model} {use.year}" in CLAIM.explanation
