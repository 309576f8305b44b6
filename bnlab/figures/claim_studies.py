"""The figures of a study of a claim: curves or maps of what it has trained."""

from __future__ import annotations

from bnlab.figures.marks import Figure
from bnlab.figures.sweep import map_figure
from bnlab.figures.sweep_curves import curves_figure
from bnlab.results.sweeps.metrics import MetricName
from bnlab.results.sweeps.table import Table
from bnlab.spec.experiment import Experiment


def study_figures(experiment: Experiment, table: Table, metric: MetricName) -> list[Figure]:
    """Of one axis the curves, of two a map an arm; none of a study without an axis."""
    match len(experiment.axes):
        case 0:
            return []
        case 1:
            return [curves_figure(experiment, table, metric)]
        case _:
            return [map_figure(experiment, table, metric, arm) for arm in experiment.variants]
