"""Updates of a sweep: what one viewer has on screen, with the newest numbers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import numpy as np

from bnlab.figures.cell_curves import cell_figures
from bnlab.figures.marks import Figure
from bnlab.figures.sweep import map_figure
from bnlab.figures.sweep_curves import curves_figure
from bnlab.figures.sweep_difference import difference_figure
from bnlab.lab.runs.log import Run, RunLog
from bnlab.live.packing import Packer
from bnlab.live.sweep_view import CellChoice, SweepView
from bnlab.live.updates import state
from bnlab.results.frames import REACHED_TARGET, TRAINING, pack
from bnlab.results.sweeps.best import best_places
from bnlab.results.sweeps.cells import steps_of
from bnlab.results.sweeps.maps import heatmap, place_of
from bnlab.results.sweeps.one_cell import cell_at, race_at
from bnlab.results.sweeps.table import UNBUILT, Table
from bnlab.results.sweeps.words import cell_words, edge_words, place_words
from bnlab.spec.experiment import Experiment
from bnlab.spec.links import to_query


class SweepUpdates(Packer[RunLog, SweepView, None]):
    """Packs updates of sweeps. For use in one event loop."""

    def _pack(
        self, run_id: str, about: dict[str, Any], position: None, view: SweepView
    ) -> tuple[bytes, None]:
        run, table = self.log.get(run_id), self.log.table(run_id)
        experiment = run.experiment
        at = None if view.at is None else min(view.at, len(table.eval_steps) - 1)
        meta: dict[str, Any] = {
            **about,
            "run": state(run),
            "progress": _progress(run, table),
            "newest": _newest(table),
            "figures": _figures(experiment, table, view, at),
            "edges": _edges(run, table, view, at),
            "difference": None,
            "cell": _cell(experiment, table, view, view.cell, at) if view.cell else None,
        }
        if view.pair:
            first, second = view.pair
            common = common_evaluation(run.experiment, table) if at is None else at
            figure = difference_figure(experiment, table, view.metric, first, second, at=common)
            step = None if common is None else int(table.eval_steps[common])
            meta["difference"] = {"figure": figure, "step": step}
        return pack(meta, {}), position


def _figures(experiment: Experiment, table: Table, view: SweepView, at: int | None) -> list[Figure]:
    """Curves for one axis, one map per variant for two."""
    if len(experiment.axes) == 1:
        return [curves_figure(experiment, table, view.metric, at=at)]
    return [map_figure(experiment, table, view.metric, name, at=at) for name in experiment.variants]


def _progress(run: Run, table: Table) -> dict[str, Any]:
    """How far the networks that can be built have come, in numbers and in words."""
    is_built = table.status != UNBUILT
    steps = steps_of(run.experiment)[is_built]
    done = np.minimum(table.steps[is_built], steps)
    finished, count = int((done == steps).sum()), len(steps)
    return {
        "share": float(done.sum() / max(1, steps.sum())),
        "text": f"{finished:,} of {count:,} networks done",
        "device": run.device,
    }


def _newest(table: Table) -> int:
    """The newest evaluation that any cell has reached."""
    known = np.isfinite(table.values["validation_accuracy"]).any(0)
    return int(np.flatnonzero(known)[-1]) if known.any() else 0


def common_evaluation(experiment: Experiment, table: Table) -> int | None:
    """The newest evaluation that all begun cells have reached; None once all are done.

    Pieces of a sweep advance in rotation: a fair comparison of two variants needs the same step.
    """
    is_under_way = (table.status == TRAINING) | (table.status == REACHED_TARGET)
    is_under_way &= table.steps < steps_of(experiment)
    if not is_under_way.any():
        return None
    return int(np.searchsorted(table.eval_steps, table.steps[is_under_way].min()))


def _edges(run: Run, table: Table, view: SweepView, at: int | None) -> list[dict[str, str]]:
    """Ends of axes at which a variant is best, once everything has been measured."""
    if run.state != "completed":
        return []
    experiment = run.experiment
    found = best_places(experiment, table, view.metric, at=at)
    return [edge._asdict() for edge in edge_words(experiment, view.metric, found)]


def _cell(
    experiment: Experiment, table: Table, view: SweepView, choice: CellChoice, at: int | None
) -> dict[str, Any]:
    """One network: its curves, and the query that opens it as a race."""
    row, column = choice.row, choice.column
    place = place_of(experiment, row, column)
    cell = cell_at(experiment, choice.variant, place, seed_index=choice.seed_index)
    shown = heatmap(experiment, table, view.metric, choice.variant, at=at)
    race = race_at(experiment, cell)
    return {
        "place": choice.model_dump(),
        "title": f"{choice.variant}: {place_words(experiment, place)}",
        "text": cell.reason or cell_words(experiment, view.metric, shown, row, column),
        "race": None if race is None else urlencode(to_query(race)),
        "figures": [] if race is None else cell_figures(experiment, table, cell),
    }
