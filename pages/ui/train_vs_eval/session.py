"""What one browser tab holds of the page "Training and inference"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bnlab.spec.fields import Scalar, SpecError
from bnlab.spec.member import parse
from pages.ui.shared.tab import Tab
from pages.ui.train_vs_eval.address import View, fallback, read, ready_address, with_controls, write

page = Tab("train_vs_eval", read=read, write=write, fallback=fallback)


def open_ready(name: str) -> None:
    """Put a ready experiment on the page; a run that is shown makes room for it."""
    found = page.current()
    page.put(replace(ready_address(name), view=found.view, hidden=found.hidden))


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
