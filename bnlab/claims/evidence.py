"""What the studies of a claim have measured so far, and how pairs of numbers are read from it.

Axis letters: S seeds; K the values of the axis that is not chosen over.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass

import numpy as np

from bnlab.results.frames import Array
from bnlab.results.sweeps.axes import End
from bnlab.results.sweeps.best import best_cell, edge_of
from bnlab.results.sweeps.maps import heatmap, seed_values
from bnlab.results.sweeps.metrics import MetricName
from bnlab.results.sweeps.table import Table
from bnlab.spec.experiment import Experiment


@dataclass(frozen=True)
class Pairs:
    """Two numbers of each seed (S,): NaN where not measured (yet), inf where never reached.

    A pair with a NaN is left out. A run that never reaches its target is counted, and enters as
    `limit`, the last step at which it was looked at: the effect is then "at least" so large.
    """

    first: Array
    second: Array
    _: KW_ONLY
    limit: float = math.inf  # censors: what was never reached would come later than this
    notes: tuple[str, ...] = ()  # to be said beside the verdict: a best rate on the edge


@dataclass(frozen=True)
class Evidence:
    """What is known by now.

    Args:
        tables: of each study that is trained, its experiment and table.
        measured: of each study that is measured, its experiment and by name the arrays
            (S, M, ...): seeds, then the networks of one seed in the experiment's order (variants,
            then axis values); NaN for a seed that is not there (yet).
    """

    tables: Mapping[str, tuple[Experiment, Table]]
    measured: Mapping[str, tuple[Experiment, Mapping[str, Array]]]

    def numbers(
        self, study: str, metric: MetricName, variant: str, *, at: int | None = None
    ) -> Array:
        """A metric of each network of a variant (Y, X, S), see `seed_values`; NaN at first."""
        experiment, table = self.tables[study]
        return seed_values(experiment, table, metric, variant, at=at)

    def best(
        self,
        study: str,
        metric: MetricName,
        variant: str,
        *,
        chosen_by: MetricName = "validation_accuracy",
    ) -> AtBest:
        """A metric of a variant where the first axis (of a study: the learning rate) is best.

        The best value is that of the best mean over the seeds on the validation part, among those
        at which no seed diverged; of equally good ones the one nearest to the middle.
        """
        experiment, table = self.tables[study]
        numbers = seed_values(experiment, table, metric, variant)
        judged = heatmap(experiment, table, chosen_by, variant)
        path, axis = next(iter(experiment.axes.items()))
        chosen = np.full((len(numbers), numbers.shape[2]), np.nan)
        places: list[int | None] = []
        edges: list[End | None] = []
        for row, one in enumerate(numbers):
            usable = np.where(judged.diverged[row] == 0, judged.values[row], np.nan)
            cell = best_cell(usable[None], chosen_by)
            place = None if cell is None else cell[1]
            if place is not None:
                chosen[row] = one[place]
            places.append(place)
            edges.append(None if place is None else edge_of(path, axis, place))
        return AtBest(chosen, tuple(places), tuple(edges))

    def answers(self, study: str, name: str, variant: str) -> Array:
        """What a measurement calls `name`, of one variant: (S, K, ...) over its axis values."""
        experiment, arrays = self.measured[study]
        values = arrays[name]
        variants = len(experiment.variants)
        by_variant = values.reshape(len(values), variants, -1, *values.shape[2:])
        return by_variant[:, list(experiment.variants).index(variant)]

    def best_measured(self, study: str, name: str, variant: str) -> AtBest:
        """What a measurement calls `name` (1, S, ...) at the variant's best learning rate.

        The best is that of the highest mean of what it calls "validation" over the seeds that are
        there, among the rates at which none of them is without a number; of equals the lowest.
        """
        judged = self.answers(study, "validation", variant)  # (S, K)
        values = self.answers(study, name, variant)
        path, rates = next(iter(self.measured[study][0].axes.items()))
        is_there = np.asarray(np.isfinite(judged).any(1))
        means = judged[is_there].mean(0) if is_there.any() else np.full(len(rates), np.nan)
        if not np.isfinite(means).any():
            return AtBest(np.full_like(values[:, 0], np.nan)[None], (None,), (None,))
        place = int(np.nanargmax(means))
        return AtBest(values[None, :, place], (place,), (edge_of(path, rates, place),))


@dataclass(frozen=True)
class AtBest:
    """The numbers of a variant at the best value of the first axis, for each of the second."""

    values: Array  # (K, S); K is 1 for a study with one axis
    places: tuple[int | None, ...]  # (K,) on the first axis; None: nothing known
    edges: tuple[End | None, ...]  # (K,) at which end the best lies

    def at(self, place: int) -> AtBest:
        """The same for one value of the second axis alone: K is 1."""
        return AtBest(self.values[[place]], (self.places[place],), (self.edges[place],))

    def notes(self, arm: str) -> tuple[str, ...]:
        """A sentence where the best learning rate is the lowest or highest of the grid."""
        ends = sorted({f"{edge}est" for edge in self.edges if edge is not None})
        return tuple(f"The best learning rate of {arm} is the {end} of the grid." for end in ends)
