"""The result of a race or a sweep, for notebooks and files: a figure, a data frame, rows."""

from __future__ import annotations

import io
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bnlab.export.run import curves_csv, run_json
from bnlab.export.sweep import sweep_csv, sweep_json
from bnlab.export.web_pages import figure_page
from bnlab.figures.marks import Figure
from bnlab.figures.painted import Ground, painted
from bnlab.figures.race import mean_losses, race_figure
from bnlab.figures.side_by_side import side_by_side
from bnlab.figures.sweep import map_figure
from bnlab.figures.sweep_curves import curves_figure
from bnlab.figures.sweep_difference import difference_figure
from bnlab.lab.runs.log import Run
from bnlab.results.curves import CURVES, Curves, last_known, measure
from bnlab.results.frames import DIVERGED, REACHED_TARGET, Array, Frame
from bnlab.results.sweeps.cells import shape_of
from bnlab.results.sweeps.metrics import METRICS, MetricName
from bnlab.results.sweeps.table import Table
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import SpecError, refusal

SAVED = (".json", ".csv", ".html")

Row = dict[str, str | int | float | None]


class Result(ABC):
    """What the results of races and sweeps have in common: the record of the run, and exports."""

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
        """Whether training completed, rather than being stopped early."""
        return self.run.state == "completed"

    @abstractmethod
    def rows(self) -> list[Row]:
        """How each network ended, in the order of the experiment."""

    @abstractmethod
    def figures(self) -> tuple[Figure, ...]:
        """The figures, as plain data with titles, words and tables."""

    @abstractmethod
    def csv_lines(self) -> Iterator[str]:
        """The numbers as CSV, with a header line."""

    @abstractmethod
    def json_parts(self) -> Iterator[str]:
        """Everything as one JSON document, in parts."""

    def figure(self, *, ground: Ground = "light") -> Any:
        """The result as one `plotly.graph_objects.Figure`.

        Args:
            ground: light or dark.
        """
        return _by_plotly(_as_one(self.figures()), ground)

    def frame(self) -> Any:
        """The numbers of the CSV form as a `pandas.DataFrame`.

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

        The file is written completely or not at all.

        Raises:
            SpecError: another file extension, or no such folder.
        """
        target = check_path(path)
        part = target.with_name(f".{target.name}.part")
        try:
            with part.open("w", encoding="utf-8", newline="") as file:
                file.writelines(self._text(target.suffix.lower()))
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return target

    def _text(self, suffix: str) -> Iterator[str]:
        if suffix == ".html":
            return self._web_page()
        return self.csv_lines() if suffix == ".csv" else self.json_parts()

    def _web_page(self) -> Iterator[str]:
        figures = self.figures()
        # Plotly itself goes into the page, once, so that it also works offline.
        drawn = [
            _by_plotly(figure, "light").to_html(
                full_html=False, include_plotlyjs=place == 0, config={"responsive": True}
            )
            for place, figure in enumerate(figures)
        ]
        yield figure_page(figures, drawn)


def check_path(path: str | Path, extensions: Sequence[str] = SAVED) -> Path:
    """A path that can be saved to, with one of these extensions; raises SpecError."""
    target = Path(path)
    if target.suffix.lower() not in extensions:
        allowed = f"{', '.join(extensions[:-1])} or {extensions[-1]}"
        raise refusal(target.name or str(path), target.suffix or "no extension", allowed)
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
        """One row per network: variant, seed, status, accuracies (0..1), loss, steps to target.

        Missing values are None: the steps to a target that was not reached, the loss of a network
        that has diverged.
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

    def figures(self) -> tuple[Figure, ...]:
        return (race_figure(self.experiment, self.curves),)

    def csv_lines(self) -> Iterator[str]:
        return curves_csv(self.run, {name: getattr(self.curves, name) for name in CURVES})

    def json_parts(self) -> Iterator[str]:
        curves = {name: getattr(self.curves, name) for name in CURVES}
        return run_json(self.run, self.frames, curves)

    def _ending(self, code: int) -> str:
        words = {DIVERGED: "diverged", REACHED_TARGET: "reached the target"}
        return words.get(code, "trained" if self.is_complete else "stopped")


@dataclass(frozen=True, repr=False)
class SweepResult(Result):
    """A sweep: its table."""

    run: Run
    table: Table

    def rows(self) -> list[Row]:
        """One row per network: variant, values of the axes, seed, status, newest numbers."""
        rows: list[Row] = []
        for cell in json.loads("".join(self.json_parts()))["cells"]:
            curves = cell.pop("curves")
            newest = {name: _newest(values) for name, values in curves.items()}
            rows.append({"variant": cell.pop("variant"), **cell.pop("point"), **cell, **newest})
        return rows

    def figure(
        self, *, ground: Ground = "light", metric: MetricName = "validation_accuracy"
    ) -> Any:
        """One map per variant, or curves for a sweep with one axis, as one Plotly figure.

        Args:
            ground: light or dark.
            metric: one of `bnlab.results.sweeps.metrics.METRICS`.

        Raises:
            SpecError: no such metric.
        """
        return _by_plotly(_as_one(self.figures(metric)), ground)

    def difference(
        self,
        first: str,
        second: str,
        *,
        ground: Ground = "light",
        metric: MetricName = "validation_accuracy",
    ) -> Any:
        """The map of one variant minus another, paired by seed, as a Plotly figure.

        Cells are hatched where the difference may be due to chance (95 %).

        Raises:
            SpecError: no such variant or metric.
        """
        for name in (first, second):
            _check_word("variant", name, self.experiment.variants)
        _check_word("metric", metric, METRICS)
        shown = difference_figure(self.experiment, self.table, metric, first, second)
        return _by_plotly(side_by_side([shown]), ground)

    def figures(self, metric: MetricName = "validation_accuracy") -> tuple[Figure, ...]:
        """One map per variant; curves where there is only one axis."""
        _check_word("metric", metric, METRICS)
        if len(self.experiment.axes) == 1:
            return (curves_figure(self.experiment, self.table, metric),)
        return tuple(
            map_figure(self.experiment, self.table, metric, variant)
            for variant in self.experiment.variants
        )

    def csv_lines(self) -> Iterator[str]:
        return sweep_csv(self.experiment, self.table)

    def json_parts(self) -> Iterator[str]:
        return sweep_json(self.experiment, self.table)


def _as_one(figures: Sequence[Figure]) -> Figure:
    return side_by_side(figures) if len(figures) > 1 else figures[0]


def _by_plotly(figure: Figure, ground: Ground) -> Any:
    from plotly.graph_objects import Figure as PlotlyFigure  # slow to import, and rarely needed

    return PlotlyFigure(painted(figure, ground))


def _check_word(what: str, word: str, allowed: Iterable[str]) -> None:
    if word not in allowed:
        raise refusal(what, f"{word[:60]!r}", f"one of {', '.join(allowed)}")


def _newest(values: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)


def _number(value: float) -> float | None:
    """A number for JSON, to six digits; None for NaN and infinity."""
    return float(f"{value:.6g}") if np.isfinite(value) else None
