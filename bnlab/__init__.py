"""BN Lab as a library: describe an experiment, train it, look at its frames.

Everything here is imported at first use, so that `import bnlab` alone loads nothing else:
the web process must never load torch, and a notebook only what it asks for.

>>> from bnlab import Experiment, plan_fleets, train
>>> plan, *others = plan_fleets(Experiment())
>>> next(train(plan)).step  # the frame before the first update
0
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "bnlab.data.datasets": ("Data", "load", "minibatches"),
    "bnlab.data.user_images": ("bring", "register_images"),
    "bnlab.spec.fields": ("SpecError",),
    "bnlab.spec.experiment": ("Experiment", "Member", "ProbeSpec"),
    "bnlab.fleet.plan": ("FleetPlan", "plan_fleets"),
    "bnlab.fleet.train": ("Training", "train"),
    "bnlab.results.frames": ("Frame", "Histogram", "LayerStats"),
    "bnlab.spec.interventions": ("Change", "Intervention"),
    "bnlab.api.race_sweep": ("RunFailedError", "race", "sweep"),
    "bnlab.spec.links": ("from_query", "to_query"),
    "bnlab.lessons.presets": ("PRESETS",),
    "bnlab.api.results": ("RaceResult", "SweepResult"),
    "bnlab.export.script": ("pytorch_script",),
    "bnlab.spec.member": (
        "DataSpec",
        "MemberSpec",
        "NetworkSpec",
        "NormSpec",
        "OptimizerSpec",
        "parse",
        "parse_json",
    ),
    "bnlab.results.sweeps.axes": ("spread",),
}
_MODULE_OF = {name: module for module, names in _PUBLIC.items() for name in names}
__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    """Import a public name at its first use (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF})
