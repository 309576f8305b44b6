"""How much one experiment, and one browser, may ask of this machine."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from bnlab.results.sweeps.cells import cells_of, shape_of
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError, refusal
from bnlab.spec.member import MemberSpec


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
            LimitError: says what it asks for, what is allowed, which setting allows it, and what
                to lower.
            SpecError: none of its networks can be built; says why.
        """
        if experiment.axes:
            self._check_sweep(experiment)
            return
        members = len(experiment.variants) * experiment.seeds
        _refuse_above(members, self.members, _RACE_NETWORKS, "BNLAB_MAX_MEMBERS")
        specs = [member.spec for member in experiment.members()]
        parameters = sum(spec.parameters for spec in specs)
        _refuse_above(parameters, self.parameters, _PARAMETERS, "BNLAB_MAX_PARAMETERS")
        self._check_step(specs, _RACE_STEP)
        _refuse_above(_work(specs), self.work, _WORK, "BNLAB_MAX_WORK")

    def _check_sweep(self, experiment: Experiment) -> None:
        """A sweep is cut into pieces: it may be larger than a race, but no one network of it."""
        # Counted before the cells are made: a million of them would take minutes.
        count = math.prod(shape_of(experiment))
        _refuse_above(count, self.sweep_members, _SWEEP_NETWORKS, "BNLAB_MAX_SWEEP_MEMBERS")
        cells = cells_of(experiment)
        specs = [cell.spec for cell in cells if cell.spec is not None]
        if not specs:
            raise SpecError(f"No network of this sweep can be built. {cells[0].reason}")
        self._check_step([max(specs, key=lambda spec: spec.work * spec.batch_size)], _SWEEP_STEP)
        _refuse_above(_work(specs), self.sweep_work, _WORK, "BNLAB_MAX_SWEEP_WORK")
        columns = {(spec.steps, spec.evaluate_every) for spec in specs}
        evaluations = sum(steps // every + 2 for steps, every in columns)  # rather too many
        _refuse_above(
            len(cells) * evaluations,
            self.sweep_measurements,
            _MEASUREMENTS,
            "BNLAB_MAX_SWEEP_MEASUREMENTS",
        )

    def _check_step(self, specs: Sequence[MemberSpec], words: _Words) -> None:
        work = sum(spec.work * spec.batch_size for spec in specs)
        _refuse_above(work, self.step_work, words, "BNLAB_MAX_STEP_WORK")


class _Words(NamedTuple):
    """What there is too much of, with its number at {}, and what to lower."""

    too_much: str
    lower: str


_SIZE = "the hidden layers, the units per layer"
_RACE_NETWORKS = _Words("This experiment has {} networks", "the number of variants or seeds")
_SWEEP_NETWORKS = _Words(
    "This sweep has {} networks", "the number of values on an axis, of variants or of seeds"
)
_PARAMETERS = _Words(
    "The networks of this experiment have {} weights and biases",
    f"{_SIZE}, or the number of networks",
)
_RACE_STEP = _Words(
    "One step of all networks takes {} multiplications on the way forward",
    f"the batch size, {_SIZE}, or the number of networks",
)
_SWEEP_STEP = _Words(
    "One step of the largest network takes {} multiplications on the way forward",
    "the batch size, the hidden layers or the units per layer",
)
_WORK = _Words(
    "All steps of all networks take {} multiplications on the way forward",
    f"the steps, the batch size, {_SIZE}, or the number of networks",
)
_MEASUREMENTS = _Words(
    "This sweep has {} measurements, one for each evaluation of each network",
    "the steps or the number of networks, or evaluate less often",
)


def _work(specs: Sequence[MemberSpec]) -> float:
    return sum(spec.work * spec.batch_size * spec.steps for spec in specs)


def _refuse_above(got: float, limit: float, words: _Words, setting: str) -> None:
    if got > limit:
        raise LimitError(
            f"{words.too_much.format(_number(got))}; "
            f"this server allows {_number(limit)} ({setting}). Lower {words.lower}."
        )


def _number(value: float) -> str:
    """A number in words.

    >>> _number(984_320), _number(5e9), _number(2.1e12)
    ('984,320', '5 billion', '2.1 trillion')
    """
    for size, name in ((1e12, "trillion"), (1e9, "billion")):
        if value >= size:
            return f"{value / size:,.2f}".rstrip("0").rstrip(".") + f" {name}"
    return f"{int(value):,}"


def _whole(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 1 and value == int(value)):
        raise refusal(name, f"{text!r}", "a whole number from 1")
    return int(value)
