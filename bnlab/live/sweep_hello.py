"""The first message of a sweep's stream: what stays the same while it goes on."""

from __future__ import annotations

from typing import Any

from bnlab.lab.runs.log import Run
from bnlab.lessons.presets.sweeps import SWEEP_PRESETS
from bnlab.live.updates import state
from bnlab.results.sweeps.axes import axis_field
from bnlab.results.sweeps.metrics import METRICS
from bnlab.results.sweeps.table import Table


def sweep_hello(run: Run, table: Table, *, can_command: bool) -> dict[str, Any]:
    """What the sweep is, as plain data."""
    experiment = run.experiment
    preset = next((r for r in SWEEP_PRESETS.values() if r.experiment == experiment), None)
    return {
        "kind": "hello",
        "run": state(run),
        "can_command": can_command,
        "variants": list(experiment.variants),
        "axes": [
            {"title": axis_field(path).title, "count": len(values)}
            for path, values in experiment.axes.items()
        ],
        "eval_steps": table.eval_steps.tolist(),
        "seeds": [experiment.base.seed + index for index in range(experiment.seeds)],
        "metric": preset.metric if preset else next(iter(METRICS)),
        "metrics": [
            {
                "name": metric.name,
                "title": metric.title,
                "words": metric.words,
                "has_time": metric.has_time,
            }
            for metric in METRICS.values()
        ],
    }
