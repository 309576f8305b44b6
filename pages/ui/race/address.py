"""The address of the race page: what its URL says, and back. Pure: it knows no screen."""

from __future__ import annotations

from collections.abc import Mapping

from bnlab.lessons.presets import PRESETS
from bnlab.spec.links import from_query
from pages.ui.shared.address import Address, fallback_to, linked, preset_of, query_of, with_defaults

FIRST_PRESET = next(iter(PRESETS))

_PRESET = "preset"  # in the URL
_VIEW_KEYS = (_PRESET, "pace", "hide", "run")


def preset_address(name: str) -> Address:
    """The address of a preset; raises SpecError when there is none of that name."""
    preset = preset_of(PRESETS, name, _PRESET)
    return Address(preset.experiment, preset.pace, name)


def read(query: Mapping[str, str]) -> Address:
    """Read the query parameters of a link.

    Fields that a link does not name are those of its preset, or without one their defaults; so
    `preset=spirals&seed=3` is that preset with another seed. A link without parameters is the
    first preset.

    Raises:
        SpecError: one sentence for what is wrong with the link.
    """
    fields = {key: text for key, text in query.items() if key not in _VIEW_KEYS}
    start = preset_address(query.get(_PRESET, FIRST_PRESET))
    if fields and _PRESET in query:
        fields = with_defaults(start.experiment, fields)
    return linked(start, from_query(fields) if fields else start.experiment, query)


def write(address: Address) -> dict[str, str]:
    """The query parameters of an address: the whole spec, always."""
    return query_of(address, _PRESET) | {"pace": f"{address.pace:g}"}


fallback = fallback_to(preset_address(FIRST_PRESET))
