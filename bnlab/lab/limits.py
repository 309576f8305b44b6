"""How much one experiment, and one browser, may ask of this machine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from bnlab.results.sweeps.cells import cells_of, shape_of
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError
from bnlab.spec.member import MemberSpec
from bnlab.spec.settings import LimitSettings


class LimitError(SpecError):
    """An experiment is larger than this server allows; the message names the limit."""


class Limits(LimitSettings):
    """The limits of a server, and whether an experiment is within them."""

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
        self._refuse_above("members", len(experiment.variants) * experiment.seeds, _RACE_NETWORKS)
        specs = [member.spec for member in experiment.members()]
        self._refuse_above("parameters", sum(spec.parameters for spec in specs), _PARAMETERS)
        self._check_step(specs, _RACE_STEP)
        self._refuse_above("work", _work(specs), _WORK)

    def _check_sweep(self, experiment: Experiment) -> None:
        """A sweep is cut into pieces: it may be larger than a race, but not its networks."""
        # Counted before the cells are made: a million of them would take minutes.
        self._refuse_above("sweep_members", math.prod(shape_of(experiment)), _SWEEP_NETWORKS)
        cells = cells_of(experiment)
        specs = [cell.spec for cell in cells if cell.spec is not None]
        if not specs:
            raise SpecError(f"No network of this sweep can be built. {cells[0].reason}")
        self._check_step([max(specs, key=lambda spec: spec.work * spec.batch_size)], _SWEEP_STEP)
        self._refuse_above("sweep_work", _work(specs), _WORK)
        columns = {(spec.steps, spec.evaluate_every) for spec in specs}
        evaluations = sum(steps // every + 2 for steps, every in columns)  # slightly too many
        self._refuse_above("sweep_measurements", len(cells) * evaluations, _MEASUREMENTS)

    def _check_step(self, specs: Sequence[MemberSpec], words: _Words) -> None:
        self._refuse_above("step_work", sum(spec.work * spec.batch_size for spec in specs), words)

    def _refuse_above(self, name: str, got: float, words: _Words) -> None:
        limit = getattr(self, name)
        if got > limit:
            raise LimitError(
                f"{words.too_much.format(_number(got))}; this server allows {_number(limit)} "
                f"(BNLAB_MAX_{name.upper()}). Lower {words.lower}."
            )


class _Words(NamedTuple):
    """What exceeds a limit, with its number at {}, and what to lower."""

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
    "One step of all networks takes {} multiplications in the forward pass",
    f"the batch size, {_SIZE}, or the number of networks",
)
_SWEEP_STEP = _Words(
    "One step of the largest network takes {} multiplications in the forward pass",
    "the batch size, the hidden layers or the units per layer",
)
_WORK = _Words(
    "All steps of all networks take {} multiplications in the forward pass",
    f"the steps, the batch size, {_SIZE}, or the number of networks",
)
_MEASUREMENTS = _Words(
    "This sweep has {} measurements, one for each evaluation of each network",
    "the steps or the number of networks, or evaluate less often",
)


def _work(specs: Sequence[MemberSpec]) -> float:
    return sum(spec.work * spec.batch_size * spec.steps for spec in specs)


def _number(value: float) -> str:
    """A number in words.

    >>> _number(984_320), _number(5e9), _number(2.1e12)
    ('984,320', '5 billion', '2.1 trillion')
    """
    for size, name in ((1e12, "trillion"), (1e9, "billion")):
        if value >= size:
            return f"{value / size:,.2f}".rstrip("0").rstrip(".") + f" {name}"
    return f"{int(value):,}"
