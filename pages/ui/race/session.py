"""The race page in one browser tab, in step with its URL."""

from __future__ import annotations

from pages.ui.race.address import fallback, preset_address, read, write
from pages.ui.shared.tab import Tab

page = Tab("race", read=read, write=write, fallback=fallback)


def open_preset(name: str) -> None:
    """Put a preset on the page, without the run shown before."""
    page.open(preset_address(name))
