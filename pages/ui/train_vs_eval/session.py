"""The page "Training and inference" in one browser tab, in step with its URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bnlab.spec.fields import Scalar, SpecError
from bnlab.spec.member import parse
from pages.ui.shared.tab import Tab
from pages.ui.train_vs_eval.address import (
    View,
    fallback,
    preset_address,
    read,
    with_controls,
    write,
)

page = Tab("train_vs_eval", read=read, write=write, fallback=fallback)


def open_preset(name: str) -> None:
    """Put a preset on the page, without the run shown before."""
    page.open(replace(preset_address(name), view=page.current().view))


def set_view(name: str, value: Scalar) -> None:
    """Set one control of a section, or keep things as they are and say why."""
    view = page.current().view
    try:
        page.note(view=parse(View, view.model_dump() | {name: value}))
    except SpecError as error:
        page.refuse(str(error))


def set_up(controls: Mapping[str, Scalar]) -> None:
    """Set controls of the page, named as in its URL; raises SpecError.

    See `pages.ui.train_vs_eval.address.with_controls`.
    """
    page.put(with_controls(page.current(), controls))
