"""What one viewer has on screen, and the messages that say so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from pydantic import Field

from bnlab.lab.workers.protocol.commands import Command, Watch, parse_command
from bnlab.live.messages import Ack, CommandDocument
from bnlab.results.frames import QUANTITIES, Quantity
from bnlab.spec.fields import Frozen, refusal


@dataclass(frozen=True)
class View:
    """What a viewer looks at; equal views of one run get the very same bytes."""

    quantity: Quantity | None = None  # whose distributions are drawn
    shows_pictures: bool = False
    history: tuple[Quantity, int] | None = None  # of which quantity and layer
    seek: int | None = None  # the step that is shown; None: the newest
    toward: Literal[-1, 1] = -1  # which kept frame, when there is none at this step
    statistics: int | None = None  # of which unit of the recorded layer

    @property
    def watch(self) -> Watch:
        """What the probes should measure in every frame for this view."""
        wanted = {self.quantity, self.history[0] if self.history else None} - {None}
        return Watch(
            quantities=tuple(name for name in QUANTITIES if name in wanted),
            pictures=self.shows_pictures,
        )


class _Panels(Frozen):
    quantity: Quantity | None = None
    pictures: bool = False


class _History(Frozen):
    quantity: Quantity
    layer: int = Field(ge=0, le=1000)


class _Statistics(Frozen):
    unit: int = Field(ge=0, le=1023)


class _Seek(Frozen):
    step: int | None = Field(None, ge=0, le=10**9)
    toward: Literal[-1, 1] = -1


class _Restart(Frozen):
    keep_interventions: bool = True


class Message(Frozen):
    """One message from a viewer; exactly one field is set."""

    ack: Ack = None  # the number of the update that was drawn
    panels: _Panels | None = None
    history: _History | Literal[False] | None = None
    statistics: _Statistics | Literal[False] | None = None
    seek: _Seek | None = None
    command: CommandDocument = None
    restart: _Restart | None = None

    def changed(self, view: View) -> View:
        """The view after this message."""
        if self.panels is not None:
            view = replace(view, quantity=self.panels.quantity, shows_pictures=self.panels.pictures)
        if self.history is not None:
            shown = self.history
            view = replace(view, history=(shown.quantity, shown.layer) if shown else None)
        if self.statistics is not None:
            unit = self.statistics.unit if self.statistics else None
            view = replace(view, statistics=unit)
        if self.seek is not None:
            view = replace(view, seek=self.seek.step, toward=self.seek.toward)
        return view

    def parsed_command(self) -> Command | None:
        """The command in it, if there is one; raises SpecError."""
        if self.command is None:
            return None
        command = parse_command(self.command)
        if isinstance(command, Watch):
            raise refusal("command", "watch", "panels, which says what is on screen")
        return command
