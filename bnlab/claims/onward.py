"""From a study of a claim to a race that shows one of its arms from inside.

The grid of a study needs no such step: it is an ordinary sweep.
"""

from __future__ import annotations

from dataclasses import dataclass

from bnlab.claims.claim import Study
from bnlab.results.sweeps.best import best_places
from bnlab.results.sweeps.one_cell import cell_at, race_at
from bnlab.results.sweeps.table import Table
from bnlab.results.sweeps.words import place_words
from bnlab.spec.experiment import Experiment


@dataclass(frozen=True)
class ArmRace:
    """One arm of a study as a race, beside the other arms."""

    variant: str  # the arm; "all arms" for a study without an axis
    words: str  # where on the axes it is raced; empty without axes
    experiment: Experiment


def arm_races(study: Study, table: Table | None) -> tuple[ArmRace, ...]:
    """A race of each arm that can be built, with its first seed.

    It is raced where its mean validation accuracy in `table` is best, or in the middle of the axes
    if nothing is known.
    """
    experiment = study.experiment
    if not experiment.axes:
        return (ArmRace("all arms", "", experiment.model_copy(update={"seeds": 1})),)
    best = {}
    if table is not None:
        found = best_places(experiment, table, "validation_accuracy")
        best = {one.variant: one.place for one in found}
    middle = tuple((len(values) - 1) // 2 for values in experiment.axes.values())
    races = []
    for variant in experiment.variants:
        place = best.get(variant, middle)
        race = race_at(experiment, cell_at(experiment, variant, place, seed_index=0))
        if race is not None:
            races.append(ArmRace(variant, place_words(experiment, place), race))
    return tuple(races)
