"""One cell of a sweep: its network, and a race in which that network can be inspected."""

from __future__ import annotations

from bnlab.results.sweeps.cells import Cell, cells_at
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar, flatten
from bnlab.spec.member import MemberSpec


def point_at(experiment: Experiment, place: tuple[int, ...]) -> dict[str, Scalar]:
    """The value of each axis at a place."""
    axes = experiment.axes.items()
    return {path: values[i] for (path, values), i in zip(axes, place, strict=True)}


def cell_at(
    experiment: Experiment, variant: str, place: tuple[int, ...], *, seed_index: int
) -> Cell:
    """The cell at a place, as in `cells_of`, without building all the others."""
    cells = cells_at(
        variant,
        place,
        experiment.specs()[variant],
        point_at(experiment, place),
        seeds=seed_index + 1,
    )
    return cells[seed_index]


def race_at(experiment: Experiment, cell: Cell) -> Experiment | None:
    """A race of the networks at a place; its variant of the cell's name is the cell's own network.

    The other variants run beside it from the same seed, if they can be built there. None for a
    cell that cannot be built itself.
    """
    if cell.spec is None:
        return None
    variants = {}
    for name, changes in experiment.variants.items():
        own = cell_at(experiment, name, cell.place, seed_index=cell.seed_index).spec
        if own is not None:
            variants[name] = changes | _beyond(cell.spec, own)
    return Experiment(base=cell.spec, variants=variants, target=experiment.target)


def _beyond(base: MemberSpec, spec: MemberSpec) -> dict[str, Scalar]:
    """The fields in which a network differs from another."""
    before = flatten(base)
    return {path: value for path, value in flatten(spec).items() if value != before[path]}
