"""How much one experiment, and one browser, may ask of this machine."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from bnlab.experiment import Experiment
from bnlab.fields import SpecError


class LimitError(SpecError):
    """An experiment that is larger than this server allows: a sentence that names the limit."""


@dataclass(frozen=True)
class Limits:
    """The limits, each with the environment variable that sets it."""

    members: int = 200  # BNLAB_MAX_MEMBERS: networks in one experiment
    parameters: int = 50_000_000  # BNLAB_MAX_PARAMETERS: weights and biases of all its members
    work: float = 2e12  # BNLAB_MAX_WORK: sum of parameters x batch size x steps over members
    step_work: float = 5e9  # BNLAB_MAX_STEP_WORK: the same of one step, so that none takes minutes
    runs_per_browser: int = 4  # BNLAB_MAX_RUNS_PER_BROWSER: runs of one browser at a time
    runs: int = 200  # BNLAB_MAX_RUNS: runs of all browsers at a time

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the limits that are set; raises ValueError with a sentence for a bad one."""
        defaults = cls()
        return cls(
            members=_whole(environment, "BNLAB_MAX_MEMBERS", defaults.members),
            parameters=_whole(environment, "BNLAB_MAX_PARAMETERS", defaults.parameters),
            work=_whole(environment, "BNLAB_MAX_WORK", int(defaults.work)),
            step_work=_whole(environment, "BNLAB_MAX_STEP_WORK", int(defaults.step_work)),
            runs_per_browser=_whole(
                environment, "BNLAB_MAX_RUNS_PER_BROWSER", defaults.runs_per_browser
            ),
            runs=_whole(environment, "BNLAB_MAX_RUNS", defaults.runs),
        )

    def check(self, experiment: Experiment) -> None:
        """Refuse an experiment that is too large.

        Raises:
            LimitError: says what it asks for, what is allowed, and which setting allows it.
        """
        # Counted before the members are made: ten thousand of them would take seconds.
        points = math.prod(len(values) for values in experiment.axes.values())
        members = len(experiment.variants) * points * experiment.seeds
        _refuse_above(members, self.members, "networks", "BNLAB_MAX_MEMBERS")
        specs = [member.spec for member in experiment.members()]
        parameters = sum(spec.parameters for spec in specs)
        _refuse_above(
            parameters, self.parameters, "parameters in all networks", "BNLAB_MAX_PARAMETERS"
        )
        step_work = sum(spec.parameters * spec.batch_size for spec in specs)
        _refuse_above(
            step_work,
            self.step_work,
            "units of work in one step (parameters × batch size, over all networks)",
            "BNLAB_MAX_STEP_WORK",
        )
        work = sum(spec.parameters * spec.batch_size * spec.steps for spec in specs)
        _refuse_above(
            work,
            self.work,
            "units of work (parameters × batch size × steps, over all networks)",
            "BNLAB_MAX_WORK",
        )


def _refuse_above(got: float, limit: float, what: str, setting: str) -> None:
    if got > limit:
        raise LimitError(
            f"This experiment has {_number(got)} {what}; "
            f"this server allows {_number(limit)} ({setting})."
        )


def _number(value: float) -> str:
    return f"{int(value):,}" if value < 1e9 else f"{value:.3g}"


def _whole(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 1 and value == int(value)):
        raise ValueError(f"{name}: got {text!r}, allowed is a whole number from 1.")
    return int(value)
