"""The noise that companions bring: it is that of a mean of B draws, and batch norm's alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import batch_norm

from bnlab.data.datasets import epochs, load
from bnlab.fleet.nn.init import first_weight
from bnlab.results.frames import Array
from bnlab.spec.member import DataSpec, MemberSpec, NetworkSpec, NormSpec
from tests.fleet.measurements.measured import measured

SPEC = MemberSpec(
    data=DataSpec(name="digits", standardized=False),
    network=NetworkSpec(depth=1, width=16, activation="identity"),
    norm=NormSpec(kind="batch"),
    steps=40,
)


@pytest.fixture(scope="module")
def noise() -> Array:
    specs = [SPEC.replace({"norm.kind": kind}) for kind in ("batch", "layer", "none")]
    answer = measured("companion_noise", specs, batch_sizes=(16, 64, 256), draws=100, examples=6)
    return answer["noise"]


def test_noise_falls_with_the_root_of_the_batch_size(noise: Array) -> None:
    slope = np.diff(np.log(noise[0])) / np.log(4)
    np.testing.assert_allclose(slope, -0.5, atol=0.06)


def test_norms_that_look_at_no_companion_have_no_noise(noise: Array) -> None:
    np.testing.assert_allclose(noise[1:], 0, atol=1e-6)


def test_it_is_the_noise_that_torch_finds() -> None:
    """A network after a step too small to matter, built anew from its first weights."""
    spec = SPEC.replace({"steps": 1, "optimizer.lr": 1e-7, "norm.momentum": 1.0})
    answer = measured("companion_noise", [spec], batch_sizes=(32,), draws=400, examples=4)
    hidden, output = (torch.from_numpy(first_weight(spec, layer)) for layer in (0, 1))
    data = load(spec.data, spec.seed)
    train, test = (torch.tensor(part) for part in (data.x_train, data.x_test))
    first = next(epochs(len(train), spec.batch_size, spec.seed))[0]
    var, mean = torch.var_mean(train[first] @ hidden.T, 0)
    spread = (batch_norm(test @ hidden.T, mean, var) @ output.T).var(0).mean()
    rng = np.random.default_rng(7)
    variances = []
    for example in test[:4]:
        answers = []
        for _ in range(400):
            batch = torch.cat([example[None], train[rng.integers(0, len(train), 31)]])
            answers.append(batch_norm(batch @ hidden.T, None, None, training=True)[0] @ output.T)
        variances.append(torch.stack(answers).var(0))
    expected = (torch.stack(variances).mean() / spread).sqrt().item()
    assert answer["noise"][0, 0] == pytest.approx(expected, rel=0.06)
