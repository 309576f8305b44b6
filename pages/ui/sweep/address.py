"""The address of the sweep page: what its URL says, and back. Pure: it knows no screen."""

from __future__ import annotations

from collections.abc import Mapping

from bnlab.lessons.presets.sweeps import SWEEP_PRESETS
from bnlab.spec.fields import Scalar, refusal
from bnlab.spec.links import from_query
from pages.ui.shared.address import Address, fallback_to, linked, preset_of, query_of, with_defaults

FIRST = next(iter(SWEEP_PRESETS))

_PRESET = "sweep"  # in the URL
_OTHERS = (_PRESET, "hide", "run")


def preset_address(name: str) -> Address:
    """The address of a preset sweep; raises SpecError when there is none of that name."""
    return Address(preset_of(SWEEP_PRESETS, name, _PRESET).experiment, preset=name)


def read(query: Mapping[str, str]) -> Address:
    """Read the query parameters of a link.

    Fields that a link does not name are those of the preset that it starts from, or of the first.

    Raises:
        SpecError: one sentence for what is wrong with the link.
    """
    start = preset_address(query.get(_PRESET, FIRST))
    fields = {key: text for key, text in query.items() if key not in _OTHERS}
    experiment = from_query(with_defaults(start.experiment, fields))
    if not experiment.axes:
        raise refusal("axes", "none", "one or two fields")
    axes = {path: in_order(values) for path, values in experiment.axes.items()}
    return linked(start, experiment.model_copy(update={"axes": axes}), query)


def write(found: Address) -> dict[str, str]:
    """The query parameters of an address: the whole spec, always."""
    return query_of(found, _PRESET)


def in_order(values: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    """Numbers from small to large, as a curve is drawn; words stay where they are."""
    numbers = sorted(value for value in values if not isinstance(value, str))
    return tuple(numbers) if len(numbers) == len(values) else values


fallback = fallback_to(preset_address(FIRST))
