"""`python -m bnlab race`: train the variants of an experiment side by side."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from bnlab.api.cli.printed import print_json, print_table
from bnlab.api.progress import say
from bnlab.api.race_sweep import RunFailedError, race, race_from
from bnlab.api.results import RaceResult, Result, Row
from bnlab.spec.experiment import Experiment

R = TypeVar("R", bound=Result)


def run(options: Namespace) -> bool:
    """Train, write and print; returns whether training completed."""
    experiment = race_from(options.spec, changes=dict(options.changes), seeds=options.seeds)
    if options.print_spec:
        print_json(experiment.model_dump(mode="json"))
        return True
    return carry_out(race, experiment, options, show=_print)


def carry_out(
    train: Callable[..., R],
    experiment: Experiment,
    options: Namespace,
    *,
    show: Callable[[R], None],
) -> bool:
    """Train, write the result, even a partial one, and print; returns whether it completed."""
    try:
        result = train(experiment, device=options.device, is_quiet=options.quiet)
    except RunFailedError as error:
        if error.result is not None:
            write(error.result, options.out, is_quiet=options.quiet)
        raise
    write(result, options.out, is_quiet=options.quiet)
    if options.json:
        print_json(document(result))
    else:
        show(result)
    return result.is_complete


def write(result: Result, paths: list[Path], *, is_quiet: bool) -> None:
    """Save a result under each of the paths, and say so if it was stopped early."""
    if result.run.state == "cancelled":
        at = f" at step {result.run.step:,}" if result.run.step else ""
        say(f"{result.run.reason} What was done{at} is kept.", is_quiet=is_quiet)
    for path in paths:
        say(f"Written: {result.save(path)}", is_quiet=is_quiet)


def document(result: Result) -> dict[str, object]:
    """What --json prints: how it went, what was trained, and one row per network."""
    return {
        "state": result.run.state,
        "reason": result.run.reason,
        "device": result.run.device,
        "experiment": result.experiment.model_dump(mode="json"),
        "rows": result.rows(),
    }


def _print(result: RaceResult) -> None:
    rows = result.rows()
    target = f"{100 * result.experiment.target:g} %"
    head = ["variant", "networks", "right at the end", "best", f"steps to {target}", "diverged"]
    print_table(head, [_line(name, rows) for name in result.experiment.variants])


def _line(name: str, rows: list[Row]) -> list[str]:
    own = [row for row in rows if row["variant"] == name]
    diverged = sum(row["status"] == "diverged" for row in own)
    final, best = (_median(own, column) for column in ("final_accuracy", "best_accuracy"))
    steps = _median(own, "steps_to_target", missing=np.inf)
    return [
        name,
        str(len(own)),
        "–" if np.isnan(final) else f"{100 * final:.1f} %",
        "–" if np.isnan(best) else f"{100 * best:.1f} %",
        f"{steps:.0f}" if np.isfinite(steps) else "never",
        str(diverged),
    ]


def _median(rows: list[Row], column: str, *, missing: float = np.nan) -> float:
    values = [missing if row[column] is None else float(row[column] or 0) for row in rows]
    return float(np.median(values)) if values else np.nan
