"""The first message of a stream: what the run is, who is in it, which figures show it."""

from __future__ import annotations

from typing import Any

from bnlab.figures.board import first_screen, panels, recorded_units
from bnlab.figures.theme import variant_colours
from bnlab.lab.runs.log import Run
from bnlab.lessons.presets import PRESETS
from bnlab.live.updates import state
from bnlab.results.curves import members_of
from bnlab.results.frames import BINS, PERCENTILES
from bnlab.spec.experiment import Experiment


def hello(run: Run, *, can_command: bool) -> dict[str, Any]:
    """Everything that stays the same throughout a run, as plain data."""
    experiment = run.experiment
    preset = next((p for p in PRESETS.values() if p.experiment == experiment), None)
    return {
        "kind": "hello",
        "run": state(run),
        "can_command": can_command,
        "steps": run.steps,
        "evaluate_every": experiment.base.evaluate_every,
        "target": experiment.target,
        "seeds": experiment.seeds,
        "lr": experiment.base.optimizer.lr,
        "bins": BINS,
        "percentiles": PERCENTILES,
        "variants": _variants(run),
        "panels": panels(experiment),
        "shown": list(preset.panels) if preset else first_screen(experiment),
        "quantity": preset.quantity if preset else "activation",
        "statistics": _statistics(experiment),
    }


def _statistics(experiment: Experiment) -> dict[str, Any] | None:
    """Which statistics are recorded: of which layer, and of how many units at most."""
    units = recorded_units(experiment)
    if not units:
        return None
    specs = experiment.specs().values()
    momenta = {spec.norm.momentum for spec in specs if spec.norm.is_batch}
    return {
        "layer": experiment.probe.layer,
        "units": units,
        "momentum": momenta.pop() if len(momenta) == 1 else None,  # None: they differ
    }


def _variants(run: Run) -> list[dict[str, Any]]:
    """Name, colours, place of the members, and layers of each variant, in order."""
    experiment = run.experiment
    places = members_of(experiment)
    colours = variant_colours(tuple(experiment.variants))
    return [
        {
            "name": name,
            "colour": colours[name],
            "first": places[name].start,
            "end": places[name].stop,
            # Of the first axis point: a race has only one.
            "watched": places[name].start + experiment.probe.seed,
            "layers": spec.network.depth,
            "activation": spec.network.activation,
            "norm": spec.norm.kind,
            "has_statistics": spec.norm.is_batch,
        }
        for name, spec in experiment.specs().items()
    ]
