"""The experiment of the paper's first figure, at its original length."""

from __future__ import annotations

from typing import Final

from bnlab.lessons.presets.plain_fails import DEEP_SIGMOID
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar

MNIST: Final = "mnist"  # the name under which its images are registered


def papers_experiment(data: str) -> Experiment:
    """The network of the paper's first figure, for the same number of steps, on the given images.

    Three layers of 100 sigmoids, small random weights, minibatches of 60, 50,000 steps. The paper
    does not say which learning rate; here it is that of the preset.

    Source: Ioffe & Szegedy 2015 (1502.03167), section 4.1.
    """
    preset = DEEP_SIGMOID.experiment
    changes: dict[str, Scalar] = {"data.name": data, "steps": 50_000, "evaluate_every": 500}
    return preset.model_copy(update={"base": preset.base.replace(changes)})
