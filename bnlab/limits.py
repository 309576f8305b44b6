"""How much one experiment, and one browser, may ask of this machine."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from bnlab.experiment import Experiment
from bnlab.fields import SpecError
from bnlab.spec import MemberSpec
from bnlab.sweeps.cells import cells_of, shape_of


class LimitError(SpecError):
    """An experiment that is larger than this server allows: a sentence that names the limit."""


@dataclass(frozen=True)
class Limits:
    """The limits, each with the environment variable that sets it."""

    members: int = 200  # BNLAB_MAX_MEMBERS: networks in one experiment
    sweep_members: int = 10_000  # BNLAB_MAX_SWEEP_MEMBERS: networks in one sweep
    sweep_work: float = 2e14  # BNLAB_MAX_SWEEP_WORK: as BNLAB_MAX_WORK, of a sweep
    # BNLAB_MAX_SWEEP_MEASUREMENTS: networks x evaluations of each, kept in memory by the log
    sweep_measurements: int = 2_000_000
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
            sweep_members=_whole(environment, "BNLAB_MAX_SWEEP_MEMBERS", defaults.sweep_members),
            sweep_work=_whole(environment, "BNLAB_MAX_SWEEP_WORK", int(defaults.sweep_work)),
            sweep_measurements=_whole(
                environment, "BNLAB_MAX_SWEEP_MEASUREMENTS", defaults.sweep_measurements
            ),
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
            SpecError: none of its networks can be built; says why.
        """
        if experiment.axes:
            self._check_sweep(experiment)
            return
        members = len(experiment.variants) * experiment.seeds
        _refuse_above(members, self.members, "networks", "BNLAB_MAX_MEMBERS")
        specs = [member.spec for member in experiment.members()]
        parameters = sum(spec.parameters for spec in specs)
        _refuse_above(
            parameters, self.parameters, "parameters in all networks", "BNLAB_MAX_PARAMETERS"
        )
        self._check_step(specs)
        _refuse_above(_work(specs), self.work, _WORK, "BNLAB_MAX_WORK")

    def _check_sweep(self, experiment: Experiment) -> None:
        """A sweep is cut into pieces: it may be larger than a race, but no one network of it."""
        # Counted before the cells are made: a million of them would take minutes.
        count = math.prod(shape_of(experiment))
        _refuse_above(count, self.sweep_members, "networks", "BNLAB_MAX_SWEEP_MEMBERS")
        cells = cells_of(experiment)
        specs = [cell.spec for cell in cells if cell.spec is not None]
        if not specs:
            raise SpecError(f"No network of this sweep can be built. {cells[0].reason}")
        self._check_step([max(specs, key=lambda spec: spec.work * spec.batch_size)])
        _refuse_above(_work(specs), self.sweep_work, _WORK, "BNLAB_MAX_SWEEP_WORK")
        columns = {(spec.steps, spec.evaluate_every) for spec in specs}
        evaluations = sum(steps // every + 2 for steps, every in columns)  # rather too many
        _refuse_above(
            len(cells) * evaluations,
            self.sweep_measurements,
            "measurements (networks × evaluations of each)",
            "BNLAB_MAX_SWEEP_MEASUREMENTS",
        )

    def _check_step(self, specs: Sequence[MemberSpec]) -> None:
        _refuse_above(
            sum(spec.work * spec.batch_size for spec in specs),
            self.step_work,
            "units of work in one step (parameters × batch size, over all networks)",
            "BNLAB_MAX_STEP_WORK",
        )


_WORK = "units of work (parameters × batch size × steps, over all networks)"


def _work(specs: Sequence[MemberSpec]) -> float:
    return sum(spec.work * spec.batch_size * spec.steps for spec in specs)


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
