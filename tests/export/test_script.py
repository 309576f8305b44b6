"""The exported script is a second, independent witness of the arithmetic of the fleet."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch

from bnlab.export.script import pytorch_script
from bnlab.fleet.plan import plan_fleets
from bnlab.fleet.train import Training
from bnlab.lessons.presets import PRESETS
from bnlab.results.frames import Frame
from bnlab.spec.experiment import Experiment
from bnlab.spec.interventions import Intervention
from bnlab.spec.member import MemberSpec, NormKind, SpecError, parse

STEPS = 50

# One row per network: together they hold every choice of every field that changes the script.
SPECS: dict[str, dict[str, Any]] = {
    "plain": {},
    "batch": {"norm.kind": "batch"},
    "batch, cumulative, no affine": {
        "norm.kind": "batch", "norm.momentum": "cumulative", "norm.affine": "none",
        "data.name": "moons", "network.activation": "gelu",
    },
    "batch, weight only, decay": {
        "norm.kind": "batch", "norm.affine": "weight", "optimizer.weight_decay": 0.01,
        "data.name": "circles", "network.activation": "leaky_relu",
    },
    "batch after, on the input": {
        "norm.kind": "batch", "network.norm_placement": "after", "network.norm_on_input": True,
        "data.name": "wine", "data.standardized": False, "optimizer.kind": "adam",
        "optimizer.lr": 0.01, "norm.eps": 1e-3,
    },
    "batch, bias only, on the input": {
        "norm.kind": "batch", "norm.affine": "bias", "network.norm_on_input": True,
        "data.name": "wine", "data.standardized": False, "norm.momentum": 0.3,
    },
    "batch of two": {"norm.kind": "batch", "batch_size": 2, "optimizer.lr": 0.01},
    "layer, skips": {
        "norm.kind": "layer", "network.skips": True, "data.name": "spirals", "data.arms": 3,
        "network.activation": "tanh", "network.init": "xavier",
    },
    "layer, no affine": {"norm.kind": "layer", "norm.affine": "none"},
    "layer, weight only, after": {
        "norm.kind": "layer", "norm.affine": "weight", "network.norm_placement": "after",
    },
    "rms, bias only": {"norm.kind": "rms", "norm.affine": "bias", "network.width": 80},
    "group, weight only, dropout": {
        "norm.kind": "group", "norm.groups": 4, "norm.affine": "weight", "network.dropout": 0.3,
        "data.name": "breast_cancer", "network.norm_on_input": True, "network.skips": True,
    },
    "group after, no affine": {
        "norm.kind": "group", "norm.affine": "none", "network.norm_placement": "after",
        "data.name": "xor", "optimizer.kind": "adamw", "optimizer.lr": 0.01,
        "network.activation": "tanh",  # with ReLU, groups of equal zeros make rounding grow
    },
    "rms, on the input": {
        "norm.kind": "rms", "network.norm_on_input": True, "data.name": "gaussians",
        "data.noise": 0.5, "optimizer.momentum": 0.9, "network.init": "orthogonal",
    },
    "layer, adamw": {
        "norm.kind": "layer", "norm.affine": "bias", "optimizer.kind": "adamw",
        "optimizer.lr": 0.003, "optimizer.weight_decay": 0.1, "network.width": 80,
    },
    "sigmoid, dropout, nesterov": {
        "network.activation": "sigmoid", "network.dropout": 0.5, "network.init": "normal",
        "network.init_std": 0.3, "optimizer.momentum": 0.8, "optimizer.nesterov": True,
    },
    "identity, wide, wrong labels, few examples": {
        "network.activation": "identity", "network.init": "orthogonal", "network.gain": 0.7,
        "data.wrong_labels": 0.2, "data.train_size": 300, "data.standardized": False,
    },
    "one layer, skips": {"network.depth": 1, "network.skips": True, "norm.kind": "batch"},
    "centre only": {"norm.kind": "batch_centre", "norm.momentum": 0.3, "optimizer.lr": 0.01},
    "centre only, after, no affine": {
        "norm.kind": "batch_centre", "norm.affine": "none", "network.norm_placement": "after",
        "optimizer.lr": 0.01,
    },
    "scale only, on the input": {
        "norm.kind": "batch_scale", "network.norm_on_input": True, "data.name": "wine",
        "data.standardized": False,
    },
    "scale only, no affine": {"norm.kind": "batch_scale", "norm.affine": "none"},
    "ghost": {"norm.kind": "batch_ghost", "norm.ghost_size": 5},
    "ghost, cumulative, bias only": {
        "norm.kind": "batch_ghost", "norm.ghost_size": 5, "norm.momentum": "cumulative",
        "norm.affine": "bias",
    },
    "renorm": {"norm.kind": "batch_renorm", "norm.renorm_from": 4, "norm.r_max": 1.5},
    "renorm, no affine": {
        "norm.kind": "batch_renorm", "norm.renorm_from": 2, "norm.d_max": 0.5,
        "norm.affine": "none", "optimizer.momentum": 0.9,
    },
    "noisy": {"norm.kind": "batch_noisy", "norm.noise_shift": 1.0},
    "noisy, on the input": {
        "norm.kind": "batch_noisy", "network.norm_on_input": True, "norm.noise_scale": 2.0,
    },
    "frozen": {"norm.kind": "batch_frozen", "norm.frozen_from": 20},
    "frozen, weight only, after": {
        "norm.kind": "batch_frozen", "norm.frozen_from": 7, "norm.affine": "weight",
        "network.norm_placement": "after", "optimizer.lr": 0.01,
    },
    "standardized weights": {"norm.kind": "group_ws", "network.skips": True},
}  # fmt: skip
BASE = MemberSpec().replace({
    "network.depth": 3, "network.width": 16, "batch_size": 25, "steps": STEPS,
    "evaluate_every": 20, "optimizer.lr": 0.05, "seed": 3,
})  # fmt: skip
CHANGES = (Intervention(step=0, lr=0.02), Intervention(step=20, lr=0.005))


def experiment_of(changes: dict[str, Any], **more: Any) -> Experiment:
    document = {"base": BASE.model_dump(), "variants": {"the one": changes}, "seeds": 2}
    return parse(Experiment, document | more)


def fleet_frame(experiment: Experiment, interventions: tuple[Intervention, ...]) -> Frame:
    """The last frame of the fleet, with the losses (M, T) of all steps, in float64."""
    (plan,) = plan_fleets(experiment)
    training = Training(plan, dtype=torch.float64)
    training.look()
    for step in range(STEPS):
        for change in interventions:
            if change.step == step:
                training.change(change)
        training.step()
    return training.look((), pictures=False)


def run_script(path: Path) -> dict[str, Any]:
    """What a script, run here, leaves under its names."""
    before = torch.get_default_dtype()
    try:
        return runpy.run_path(str(path))
    finally:
        torch.set_default_dtype(before)


NO_CHANGES: tuple[Intervention, ...] = ()
CASES = [(name, NO_CHANGES) for name in SPECS]
CASES += [(name, CHANGES) for name in ("plain", "sigmoid, dropout, nesterov", "layer, adamw")]


@pytest.mark.parametrize(("name", "interventions"), CASES)
def test_the_script_comes_to_the_losses_of_the_fleet(
    name: str, interventions: tuple[Intervention, ...], tmp_path: Path
) -> None:
    experiment = experiment_of(SPECS[name])
    source = pytorch_script(
        experiment, "the one", interventions=interventions, seed_index=1, dtype="float64"
    )
    path = tmp_path / "network.py"
    path.write_text(source)
    losses = run_script(path)["losses"]
    assert len(losses) == STEPS
    expected = fleet_frame(experiment, interventions).train_loss[1]
    np.testing.assert_allclose(losses, expected, atol=1e-10)


OF_STATISTICS = {
    "momentum": [Intervention(step=4, momentum=0.5), Intervention(step=30, momentum=0.01)],
    "cumulative": [Intervention(step=10, momentum="cumulative")],
    "frozen": [Intervention(step=7, frozen=True)],
    "frozen for a while": [
        Intervention(step=7, frozen=True),
        Intervention(step=20, momentum="cumulative"),
        Intervention(step=40, frozen=False),
    ],
    "reset": [Intervention(step=12, reset=True), Intervention(step=45, reset=True)],
    "all at once": [
        Intervention(step=20, lr=0.01),
        Intervention(step=20, momentum="cumulative"),
        Intervention(step=20, reset=True),
        Intervention(step=45, frozen=True),
        Intervention(step=48, reset=True),
    ],
}


RELATIVES = [kind for kind in get_args(NormKind) if kind.startswith("batch_")]
KINDS_AND_CHANGES = [("batch", name) for name in OF_STATISTICS]
KINDS_AND_CHANGES += [(kind, "all at once") for kind in RELATIVES]


@pytest.mark.parametrize(("kind", "name"), KINDS_AND_CHANGES)
def test_the_script_comes_to_the_running_statistics_of_the_fleet(
    kind: str, name: str, tmp_path: Path
) -> None:
    changes = tuple(OF_STATISTICS[name])
    row = SPECS["batch after, on the input"] | {
        "norm.kind": kind, "norm.ghost_size": 5, "norm.renorm_from": 3, "norm.frozen_from": 46,
    }  # fmt: skip
    experiment = experiment_of(row, probe={"layer": 2, "seed": 1})
    path = tmp_path / "network.py"
    path.write_text(
        pytorch_script(experiment, "the one", interventions=changes, seed_index=1, dtype="float64")
    )
    norm = run_script(path)["network"].norms[2]
    statistics = fleet_frame(experiment, changes).statistics
    assert statistics is not None
    np.testing.assert_allclose(norm.running_mean.numpy(), statistics[0, 0], atol=1e-10)
    np.testing.assert_allclose(norm.running_var.numpy(), statistics[0, 1], atol=1e-10)


def test_changed_statistics_leave_no_word_in_the_script_of_a_network_without_batch_norm() -> None:
    experiment = experiment_of(SPECS["layer, skips"])
    changes = [change for changes in OF_STATISTICS.values() for change in changes]
    told = pytorch_script(experiment, "the one", interventions=changes)
    rates = [change for change in changes if change.lr is not None]
    assert told == pytorch_script(experiment, "the one", interventions=rates)


def test_the_script_runs_alone_and_prints_steps_losses_and_accuracy(tmp_path: Path) -> None:
    path = tmp_path / "network.py"
    path.write_text(pytorch_script(experiment_of({"data.name": "moons"}), "the one"))
    environment = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "error", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert done.stderr == ""
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [words[1] for words in lines] == ["20", "40", "50"]
    named = [[words[0], words[2], *words[4:6]] for words in lines]
    assert named == 3 * [["step", "loss", "validation", "accuracy"]]


def test_a_plain_network_leads_to_a_script_without_a_word_of_other_networks() -> None:
    source = pytorch_script(experiment_of({}), "the one")
    for word in ("norm", "dropout", "keep", "new_rates", "momentum", "weight_decay", "gain"):
        assert f"{word} =" not in source and f"self.{word}" not in source, word


@pytest.mark.parametrize("name", PRESETS)
def test_scripts_of_presets_are_python_in_short_lines(name: str) -> None:
    experiment = PRESETS[name].experiment
    for variant in experiment.variants:
        source = pytorch_script(experiment, variant)
        compile(source, "script.py", "exec")
        assert max(map(len, source.splitlines())) <= 100


@pytest.mark.parametrize(("variant", "seed_index"), [("two", 0), ("the one", 2), ("the one", -1)])
def test_a_member_that_does_not_exist_has_no_script(variant: str, seed_index: int) -> None:
    with pytest.raises(SpecError, match="must be one of the one with seed 0 to 1"):
        pytorch_script(experiment_of({}), variant, seed_index=seed_index)
