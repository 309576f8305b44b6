"""What is left of a race or a sweep, for notebooks and files: a figure, a data frame, rows."""

from __future__ import annotations

import io
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bnlab.experiment import Experiment
from bnlab.fields import SpecError
from bnlab.figures.marks import Figure
from bnlab.figures.painted import Ground, painted, web_page
from bnlab.figures.race import mean_losses, race_figure
from bnlab.frames import DIVERGED, REACHED_TARGET, Array, Frame
from bnlab.live.export import curves_csv, run_json
from bnlab.measures import CURVES, Curves, last_known, measure
from bnlab.runs.log import Run
from bnlab.sweeps.cells import shape_of

SAVED = (".json", ".csv", ".html")

Row = dict[str, str | int | float | None]


class Result(ABC):
    """What races and sweeps have in common: the record of the run, and ways to take it along."""

    run: Run

    def __repr__(self) -> str:
        networks = math.prod(shape_of(self.experiment))
        return f"<{type(self).__name__}: {networks:,} networks, {self.run.state}>"

    @property
    def experiment(self) -> Experiment:
        """What was trained."""
        return self.run.experiment

    @property
    def is_complete(self) -> bool:
        """Whether it went to its end, and was not stopped on the way."""
        return self.run.state == "completed"

    @abstractmethod
    def rows(self) -> list[Row]:
        """How each network ended, in the order of the experiment."""

    @abstractmethod
    def figure_words(self) -> Figure:
        """The figure as plain data, with its title, its words and its numbers as a table."""

    @abstractmethod
    def csv_lines(self) -> Iterator[str]:
        """The numbers as CSV, with a head."""

    @abstractmethod
    def json_parts(self) -> Iterator[str]:
        """Everything as one JSON document, in parts."""

    def figure(self, *, ground: Ground = "light") -> Any:
        """The figure, as a `plotly.graph_objects.Figure`.

        Args:
            ground: light or dark.
        """
        from plotly.graph_objects import Figure as PlotlyFigure  # slow, and seldom asked for

        return PlotlyFigure(painted(self.figure_words(), ground))

    def frame(self) -> Any:
        """The numbers of the CSV form, as a `pandas.DataFrame`.

        Raises:
            ImportError: pandas is not installed; says how to get it.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError(
                "frame() needs pandas, which is not installed: pip install pandas."
            ) from None
        return pandas.read_csv(io.StringIO("".join(self.csv_lines())), keep_default_na=False,
                               na_values=[""])  # fmt: skip

    def save(self, path: str | Path) -> Path:
        """Write a file: .json holds everything, .csv the numbers, .html the figure.

        The file is there whole or not at all.

        Raises:
            SpecError: another ending, or no such folder.
        """
        target = check_path(path)
        part = target.with_name(f".{target.name}.part")
        with part.open("w", encoding="utf-8", newline="") as file:
            file.writelines(self._text(target.suffix.lower()))
        part.replace(target)
        return target

    def _text(self, suffix: str) -> Iterator[str]:
        if suffix == ".html":
            drawn = self.figure().to_html(full_html=False, include_plotlyjs=True)
            return iter([web_page(self.figure_words(), drawn)])
        return self.csv_lines() if suffix == ".csv" else self.json_parts()


def check_path(path: str | Path) -> Path:
    """A path that a result can be saved to; raises SpecError."""
    target = Path(path)
    if target.suffix.lower() not in SAVED:
        raise SpecError(
            f"{target.name or path}: got {target.suffix or 'no ending'}, allowed is "
            f"{', '.join(SAVED[:-1])} or {SAVED[-1]}."
        )
    if not target.parent.is_dir():
        raise SpecError(f"{target}: there is no folder {target.parent}.")
    return target


@dataclass(frozen=True, repr=False)
class RaceResult(Result):
    """A race: its curves, and the frames that were kept."""

    run: Run
    curves: Curves
    frames: tuple[Frame, ...]  # one or more

    def rows(self) -> list[Row]:
        """A row a network: variant, seed, status, accuracies in 0..1, loss, steps to the target.

        What is not known is None: the steps to a target that was not reached, the loss of a
        network that has diverged.
        """
        target = self.experiment.target
        columns: dict[str, Array] = {
            "final_accuracy": measure("final_accuracy", self.curves, target=target),
            "best_accuracy": measure("best_accuracy", self.curves, target=target),
            "exact_accuracy": last_known(self.curves.exact_accuracy),
            "train_loss": last_known(mean_losses(self.curves)),
            "steps_to_target": measure("steps_to_target", self.curves, target=target),
        }
        status = self.frames[-1].status
        rows: list[Row] = []
        for index, member in enumerate(self.experiment.members()):
            ending = self._ending(int(status[index]))
            row: Row = {"variant": member.variant, "seed": member.spec.seed, "status": ending}
            rows.append(row | {name: _number(values[index]) for name, values in columns.items()})
        return rows

    def figure_words(self) -> Figure:
        return race_figure(self.experiment, self.curves)

    def csv_lines(self) -> Iterator[str]:
        return curves_csv(self.run, {name: getattr(self.curves, name) for name in CURVES})

    def json_parts(self) -> Iterator[str]:
        curves = {name: getattr(self.curves, name) for name in CURVES}
        return run_json(self.run, self.frames, curves)

    def _ending(self, code: int) -> str:
        words = {DIVERGED: "diverged", REACHED_TARGET: "reached the target"}
        return words.get(code, "trained" if self.is_complete else "stopped")


def _number(value: float) -> float | None:
    """A number for JSON, of six digits; None where there is none."""
    return float(f"{value:.6g}") if np.isfinite(value) else None
