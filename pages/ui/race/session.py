"""What one browser tab holds of the race page, kept equal to its URL."""

from __future__ import annotations

from collections.abc import Mapping

from pages.ui.shared import address
from pages.ui.shared.address import Address
from pages.ui.shared.tab import Tab


def _first_preset(query: Mapping[str, str]) -> Address:
    hidden = address.known_hidden(query.get("hide", ""))  # a class's link stays one
    return address.preset_address(address.FIRST_PRESET, hidden)


page = Tab("race", read=address.read, write=address.write, fallback=_first_preset)


def open_preset(name: str) -> None:
    """Put a preset on the page; a run that is shown makes room for it."""
    page.put(address.preset_address(name, page.current().hidden))
