"""The controls of a sweep: the base network in the sidebar, and the button that starts it."""

from __future__ import annotations

from bnlab.lab.runs.log import Run
from bnlab.lessons.presets.sweeps import SWEEP_PRESETS
from pages.ui.shared import controls, runs
from pages.ui.shared.address import Address
from pages.ui.sweep.session import open_preset, page


def sidebar(found: Address) -> None:
    """The presets, the variants, the base network, the seeds."""
    titles = {name: preset.title for name, preset in SWEEP_PRESETS.items()}
    controls.preset_picker(found, page, titles, open_preset, help="Prepared sweeps.")
    controls.variant_picker(found, page)
    controls.seeds(found, page)
    controls.at_hand(found, page)
    for group in controls.folded(found, page):
        if group == "run":
            controls.target(found, page)


def start_button(found: Address, run: Run | None) -> None:
    """The one button that starts the sweep, unless exactly that is running."""
    label = _start_label(found, run)
    if label is not None:
        runs.start_button(label, page, is_primary=runs.is_new(found, run))


def _start_label(found: Address, run: Run | None) -> str | None:
    """The label of that button; None while exactly that sweep is running."""
    if run is None:
        return "Start the sweep"
    if runs.is_new(found, run):
        return "Start a sweep with these settings"
    return "Run it again" if run.has_ended else None
