"""The sweep page in one browser tab, in step with its URL."""

from __future__ import annotations

from bnlab.spec.fields import Scalar
from pages.ui.shared.tab import Tab
from pages.ui.sweep.address import fallback, preset_address, read, write

page = Tab("sweep", read=read, write=write, fallback=fallback)


def open_preset(name: str) -> None:
    """Put a preset on the page, without the sweep shown before."""
    page.open(preset_address(name))


def set_axis(place: int, path: str | None, values: tuple[Scalar, ...] = ()) -> None:
    """Set one axis, counted from 0, or keep things as they are and say why.

    Args:
        place: 0 for the first axis; one beyond the last adds an axis.
        path: the field that varies; None removes the axis.
        values: over which values.
    """
    axes = list(page.current().experiment.axes.items())
    axes[place : place + 1] = [(path, values)] if path is not None else []
    page.change(axes=dict(axes))
