"""The exported script of an image network comes to the losses of the fleet."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bnlab.data.user_images import register_images
from bnlab.export.script import pytorch_script
from bnlab.fleet.plan import plan_fleets
from bnlab.fleet.train import Training
from bnlab.spec.experiment import Experiment
from bnlab.spec.interventions import Intervention
from bnlab.spec.member import MemberSpec, parse
from tests.export.test_script import run_script

torch.set_num_threads(1)  # tiny networks are fastest so, above all on a busy machine

STEPS = 8
BASE = MemberSpec().replace({
    "network.kind": "vgg", "network.depth": 3, "network.width": 8, "norm.groups": 2,
    "norm.ghost_size": 5, "norm.renorm_from": 1, "norm.frozen_from": 4, "batch_size": 10,
    "steps": STEPS, "optimizer.lr": 0.02, "seed": 3,
})  # fmt: skip

SPECS: dict[str, dict[str, Any]] = {
    "vgg": {},
    "vgg, one layer, leaky, xavier": {
        "network.depth": 1, "network.activation": "leaky_relu", "network.init": "xavier",
    },
    "vgg, batch": {"norm.kind": "batch"},
    "vgg, batch after, cumulative, on the input": {
        "norm.kind": "batch", "network.norm_placement": "after", "network.norm_on_input": True,
        "norm.momentum": "cumulative", "data.standardized": False, "norm.affine": "weight",
    },
    "vgg, layer, dropout, gain": {
        "norm.kind": "layer", "network.dropout": 0.3, "network.gain": 1.5,
    },
    "resnet": {"network.kind": "resnet", "network.init": "orthogonal", "network.depth": 4},
    "resnet, batch, deeper, decay": {
        "network.kind": "resnet", "norm.kind": "batch", "network.depth": 7,
        "optimizer.weight_decay": 0.01,
    },
    "resnet, group after, bias only": {
        "network.kind": "resnet", "norm.kind": "group", "network.norm_placement": "after",
        "norm.affine": "bias", "network.activation": "tanh",
    },
    "resnet, standardized weights": {"network.kind": "resnet", "norm.kind": "group_ws"},
    "resnet, rms, no affine": {
        "network.kind": "resnet", "norm.kind": "rms", "norm.affine": "none",
        "network.activation": "gelu",
    },
    "inception": {"network.kind": "inception", "network.init": "normal"},
    "inception, batch, adam": {
        "network.kind": "inception", "norm.kind": "batch", "optimizer.kind": "adam",
        "optimizer.lr": 0.003, "network.width": 10, "norm.affine": "none",
    },
    "inception, rms after, orthogonal": {
        "network.kind": "inception", "norm.kind": "rms", "network.norm_placement": "after",
        "network.init": "orthogonal",
    },
    **{
        f"resnet, {kind}": {"network.kind": "resnet", "norm.kind": kind}
        for kind in (
            "batch_centre", "batch_scale", "batch_ghost", "batch_renorm", "batch_noisy",
            "batch_frozen",
        )
    },
}  # fmt: skip
CHANGES = (
    Intervention(step=3, lr=0.005),
    Intervention(step=4, momentum=0.5),
    Intervention(step=5, reset=True),
    Intervention(step=7, frozen=True),
)


def losses_of_fleet(experiment: Experiment, changes: tuple[Intervention, ...]) -> np.ndarray:
    """Of the second seed at each step, in float64."""
    (plan,) = plan_fleets(experiment)
    training = Training(plan, dtype=torch.float64)
    for step in range(STEPS):
        for change in changes:
            if change.step == step:
                training.change(change)
        training.step()
    return training.look((), pictures=False).train_loss[1]


def losses_of_script(
    experiment: Experiment, changes: tuple[Intervention, ...], folder: Path
) -> list[float]:
    source = pytorch_script(
        experiment, "the one", interventions=changes, seed_index=1, dtype="float64"
    )
    assert max(map(len, source.splitlines())) <= 100
    assert all(line == line.rstrip() for line in source.splitlines())
    (folder / "network.py").write_text(source)
    losses: list[float] = run_script(folder / "network.py")["losses"]
    return losses


@pytest.mark.parametrize("changes", [(), CHANGES], ids=["untouched", "changed"])
@pytest.mark.parametrize("name", SPECS)
def test_the_script_comes_to_the_losses_of_the_fleet(
    name: str, changes: tuple[Intervention, ...], tmp_path: Path
) -> None:
    if changes and "batch" not in name:
        changes = CHANGES[:1]
    document = {"base": BASE.model_dump(), "variants": {"the one": SPECS[name]}, "seeds": 2}
    experiment = parse(Experiment, document)
    losses = losses_of_script(experiment, changes, tmp_path)
    np.testing.assert_allclose(losses, losses_of_fleet(experiment, changes), atol=1e-9)


def test_so_on_your_own_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNLAB_DATA", str(tmp_path / "images"))
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (90, 3, 12, 9)).astype(np.uint8)
    base = BASE.replace({"data.name": register_images("colours", pixels, np.arange(90) % 4)})
    document = {"base": base.model_dump(), "variants": {"the one": {"norm.kind": "batch"}}}
    experiment = parse(Experiment, document | {"seeds": 2})
    shutil.copy(tmp_path / "images" / "colours.npz", tmp_path)
    monkeypatch.chdir(tmp_path)  # the script looks for the file beside it
    losses = losses_of_script(experiment, (), tmp_path)
    np.testing.assert_allclose(losses, losses_of_fleet(experiment, ()), atol=1e-9)
