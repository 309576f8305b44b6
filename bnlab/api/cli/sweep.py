"""`python -m bnlab sweep`: train an experiment at every point of one or two axes."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import asdict
from typing import get_args

import numpy as np

from bnlab.api.cli.printed import print_json, print_table
from bnlab.api.cli.race import carry_out
from bnlab.api.race_sweep import estimate, sweep, sweep_from
from bnlab.api.results import SweepResult
from bnlab.results.sweeps.axes import Scale, axis_field, spread
from bnlab.results.sweeps.estimate import Estimate
from bnlab.results.sweeps.maps import heatmap, place_of
from bnlab.results.sweeps.words import place_words
from bnlab.spec.fields import refusal


def run(options: Namespace) -> bool:
    """Train, write and print; returns whether training completed."""
    axes = {f"axis.{path}": axis_text(path, text) for path, text in options.axes}
    if len(axes) < len(options.axes):
        raise refusal("--axis", "the same field twice", "two different fields")
    experiment = sweep_from(options.spec, changes=dict(options.changes) | axes, seeds=options.seeds)
    if options.print_spec:
        print_json(experiment.model_dump(mode="json"))
        return True
    if options.estimate:
        _estimate(estimate(experiment, device=options.device), as_json=options.json)
        return True
    return carry_out(sweep, experiment, options, show=_print)


def axis_text(path: str, text: str) -> str:
    """The values of an axis in the form of a link, from a list or first:last:number[:scale].

    >>> axis_text("optimizer.lr", "0.01:1:3")
    '0.01,0.1,1.0'

    Raises:
        SpecError: not a range, or not one for this field.
    """
    if ":" not in text:
        return text
    first, last, number, scale = _range(path, text)
    return ",".join(map(str, spread(path, first, last, number, scale=scale)))


def _range(path: str, text: str) -> tuple[float, float, int, Scale]:
    parts = text.split(":")
    scale: Scale = "log" if axis_field(path).is_log_by_default else "linear"
    if len(parts) == 4 and parts[3] in get_args(Scale):
        scale = "log" if parts.pop() == "log" else "linear"
    try:
        first, last, number = parts
        return float(first), float(last), int(number), scale
    except ValueError:
        raise refusal(
            f"axes.{path}",
            f"{text[:60]!r}",
            "values such as 0.01,0.1,1, or a range such as 0.01:10:9 or 0.01:10:9:log (or :linear)",
        ) from None


def _estimate(found: Estimate, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(found))
        return
    unbuilt = f", {found.unbuilt:,} of which cannot be built" if found.unbuilt else ""
    sys.stdout.write(
        f"{found.networks:,} networks{unbuilt}: about {duration(found.seconds)}, measured on "
        f"{found.measured_on}.\n"
    )


def duration(seconds: float) -> str:
    """A time in words, to two digits.

    >>> duration(0.4), duration(31.4), duration(240), duration(10_000)
    ('1 s', '31 s', '4 min', '2.8 h')
    """
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    minutes = seconds / 60
    return f"{minutes:.2g} min" if minutes < 99 else f"{minutes / 60:.2g} h"


def _print(result: SweepResult) -> None:
    head = ["variant", "networks", "best", "right there", "diverged", "cannot be built"]
    print_table(head, [_line(result, variant) for variant in result.experiment.variants])


def _line(result: SweepResult, variant: str) -> list[str]:
    """Where a variant is best on the validation part, by the mean over its seeds."""
    found = heatmap(result.experiment, result.table, "validation_accuracy", variant)
    usable = np.where((found.diverged == 0) & ~np.isnan(found.values), found.values, -1.0)
    row, column = np.unravel_index(int(usable.argmax()), usable.shape)
    place = place_of(result.experiment, int(row), int(column))
    is_known = usable[row, column] >= 0
    seeds = result.experiment.seeds
    return [
        variant,
        f"{found.values.size * seeds:,}",
        place_words(result.experiment, place) if is_known else "–",
        f"{100 * usable[row, column]:.1f} %" if is_known else "–",
        f"{round(float(found.diverged.sum()) * seeds):,}",
        f"{int(found.unbuilt.sum()) * seeds:,}",
    ]
