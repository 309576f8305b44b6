"""What a person can tell a run while it trains, as plain data with a JSON form.

>>> parse_command({"kind": "step", "n": 1})
Step(kind='step', n=1)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from bnlab.results.frames import Quantity
from bnlab.spec.fields import Frozen, refusal
from bnlab.spec.interventions import Change
from bnlab.spec.member import StatisticsMomentum
from bnlab.spec.one_of import OneOf

MAX_PACE = 1e6


class RunEndedError(RuntimeError):
    """The run no longer takes commands or answers questions; the message says why."""


class Pause(Frozen):
    """Pause after the current step; a complete frame follows."""

    kind: Literal["pause"] = "pause"


class Resume(Frozen):
    """Continue at the run's pace."""

    kind: Literal["resume"] = "resume"


class Step(Frozen):
    """Advance n minibatches and pause; a frame after each, up to 20 per second."""

    kind: Literal["step"] = "step"
    n: int = Field(1, ge=1, le=100_000)


class Stop(Frozen):
    """End the run as cancelled, with this reason."""

    kind: Literal["stop"] = "stop"
    reason: str = Field("", max_length=200)


class SetLearningRate(Frozen):
    """Train all members with this learning rate from the next step on."""

    kind: Literal["set_lr"] = "set_lr"
    lr: float = Field(ge=1e-7, le=1000.0)


class SetMomentum(Frozen):
    """Set the momentum of batch norm's running statistics, from the next step on.

    In torch's sense: the weight of the new value; cumulative: the plain average of all values.
    """

    kind: Literal["set_momentum"] = "set_momentum"
    momentum: StatisticsMomentum


class Freeze(Frozen):
    """Freeze or unfreeze the running statistics from the next step on; training is unaffected."""

    kind: Literal["freeze"] = "freeze"
    frozen: bool


class ResetStatistics(Frozen):
    """Reset the running statistics to mean 0 and variance 1, their initial values."""

    kind: Literal["reset_statistics"] = "reset_statistics"


class Pace(Frozen):
    """Take this many steps per second; 0: as many as possible."""

    kind: Literal["pace"] = "pace"
    steps_per_s: float = Field(ge=0.0, le=MAX_PACE)


class Watch(Frozen):
    """Measure these quantities (and pictures) in every frame, the rest in every fourth."""

    kind: Literal["watch"] = "watch"
    quantities: tuple[Quantity, ...] = ()
    pictures: bool = False


def union(watches: Iterable[Watch]) -> Watch:
    """Everything that any of them measures."""
    watches = tuple(watches)
    quantities = {quantity for watch in watches for quantity in watch.quantities}
    return Watch(
        quantities=tuple(sorted(quantities)), pictures=any(watch.pictures for watch in watches)
    )


ChangeCommand = SetLearningRate | SetMomentum | Freeze | ResetStatistics
Command = Pause | Resume | Step | Stop | ChangeCommand | Pace | Watch

parse_command = OneOf[Command]("command", Command).parse


def change_of(command: ChangeCommand) -> Change:
    """The change to training that a command asks for."""
    if isinstance(command, ResetStatistics):
        return Change(reset=True)
    return Change(**command.model_dump(exclude={"kind"}))


def check_pace(steps_per_s: float) -> float:
    """The pace, if it is valid; raises SpecError."""
    if not (math.isfinite(steps_per_s) and 0 <= steps_per_s <= MAX_PACE):
        raise refusal(
            "pace", steps_per_s, f"0 (as fast as possible) to {MAX_PACE:.0f} steps per second"
        )
    return float(steps_per_s)
