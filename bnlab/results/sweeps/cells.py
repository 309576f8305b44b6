"""The cells of a sweep: one network each, or the reason why it cannot be built."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar, SpecError
from bnlab.spec.member import MemberSpec, parse_json


@dataclass(frozen=True)
class Cell:
    """One place of a sweep."""

    variant: str
    place: tuple[int, ...]  # on each axis, counted from 0
    seed_index: int
    spec: MemberSpec | None  # None: such a network cannot be built
    reason: str = ""  # why not, in one sentence


def cells_of(experiment: Experiment) -> tuple[Cell, ...]:
    """Every cell: variants, then axis values, then seeds, like the members of an experiment."""
    return _cells_of(experiment.model_dump_json())


# Requested repeatedly while a sweep is set up, limited, estimated, started and drawn.
@lru_cache(maxsize=2)
def _cells_of(document: str) -> tuple[Cell, ...]:
    experiment = parse_json(Experiment, document)
    paths = tuple(experiment.axes)
    places = list(itertools.product(*(range(len(experiment.axes[path])) for path in paths)))
    cells: list[Cell] = []
    for variant, base in experiment.specs().items():
        for place in places:
            point = {p: experiment.axes[p][i] for p, i in zip(paths, place, strict=True)}
            cells += cells_at(variant, place, base, point, seeds=experiment.seeds)
    return tuple(cells)


def shape_of(experiment: Experiment) -> tuple[int, ...]:
    """The shape of the array of cells: variants, the values of each axis, seeds."""
    sizes = (len(values) for values in experiment.axes.values())
    return (len(experiment.variants), *sizes, experiment.seeds)


def steps_of(experiment: Experiment) -> NDArray[np.int64]:
    """The steps of every cell (C,), including those that cannot be built."""
    steps = np.zeros(shape_of(experiment), np.int64)
    for index, changes in enumerate(experiment.variants.values()):
        steps[index] = changes.get("steps", experiment.base.steps)
    if "steps" in experiment.axes:
        values = np.asarray(experiment.axes["steps"], np.int64)
        shape = [1] * steps.ndim
        shape[1 + list(experiment.axes).index("steps")] = len(values)
        steps[...] = values.reshape(shape)
    return steps.ravel()


def cells_at(
    variant: str, place: tuple[int, ...], base: MemberSpec, point: dict[str, Scalar], *, seeds: int
) -> list[Cell]:
    """The cells of one variant at one place, for the first seeds."""
    try:
        spec = base.replace(point)
    except SpecError as error:
        return [Cell(variant, place, index, None, str(error)) for index in range(seeds)]
    # Only the seed differs, and the experiment has checked its range.
    return [
        Cell(variant, place, index, spec.model_copy(update={"seed": spec.seed + index}))
        for index in range(seeds)
    ]
