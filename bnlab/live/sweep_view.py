"""What one viewer of a sweep has on screen, and the messages that say so."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.config import JsonDict

from bnlab.lab.workers.protocol.commands import Command, Pause, Resume, Stop, parse_command
from bnlab.live.messages import Ack, CommandDocument
from bnlab.results.sweeps.metrics import MetricName
from bnlab.spec.experiment import MAX_AXIS_VALUES, Experiment
from bnlab.spec.fields import Frozen, refusal

_Place = Annotated[int, Field(ge=0, lt=MAX_AXIS_VALUES)]
_NAME: JsonDict = {"allowed": "the name of a variant"}
_Name = Annotated[str, Field(max_length=40, json_schema_extra=_NAME)]


class CellChoice(Frozen):
    """One network of a map: where it is, and which of its seeds."""

    variant: _Name
    row: _Place
    column: _Place
    seed_index: int = Field(0, ge=0, le=999)


class SweepView(Frozen):
    """What a viewer looks at; equal views of one sweep get the very same bytes."""

    metric: MetricName = "validation_accuracy"
    at: int | None = Field(None, ge=0, le=100_000)  # index of an evaluation; None: the newest
    # Two variants: the first minus the second.
    pair: tuple[_Name, _Name] | None = Field(
        None, json_schema_extra={"allowed": "the names of two variants"}
    )
    cell: CellChoice | None = None

    def fits(self, experiment: Experiment) -> SweepView:
        """This view, if the sweep has what it shows.

        Raises:
            SpecError: one sentence about a variant, cell or seed that it does not have.
        """
        names = tuple(experiment.variants)
        chosen = (self.cell.variant,) if self.cell else ()
        for name in (*(self.pair or ()), *chosen):
            if name not in names:
                raise refusal("variant", f"{name!r}", f"one of {', '.join(names)}")
        if self.cell:
            columns, rows = (*map(len, experiment.axes.values()), 1)[:2]
            for what, got, count in (
                ("row", self.cell.row, rows),
                ("column", self.cell.column, columns),
                ("seed_index", self.cell.seed_index, experiment.seeds),
            ):
                if got >= count:
                    raise refusal(f"cell.{what}", got, f"0 to {count - 1}")
        return self


class Message(Frozen):
    """One message from a viewer; exactly one field is set."""

    ack: Ack = None  # the number of the update that was drawn
    look: SweepView | None = None
    command: CommandDocument = None

    def parsed_command(self) -> Command:
        """The command in it; raises SpecError."""
        command = parse_command(self.command)
        if not isinstance(command, Pause | Resume | Stop):
            raise refusal("command", f"{command.kind} for a sweep", "pause, resume or stop")
        return command
