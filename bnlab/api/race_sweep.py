"""Races and sweeps from a notebook or the command line.

>>> import bnlab
>>> result = bnlab.race(changes={"steps": 40, "network.depth": 2}, is_quiet=True)
>>> [row["variant"] for row in result.rows()]
['none', 'batch']
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from bnlab.api.labs import follow, lab_for
from bnlab.api.progress import progress_bar
from bnlab.api.results import RaceResult, Result, SweepResult
from bnlab.lab.lab import Lab
from bnlab.lab.runs.log import Run
from bnlab.lab.workers.protocol.commands import Stop
from bnlab.lab.workers.protocol.queries import QueryError
from bnlab.lessons.presets import PRESETS
from bnlab.lessons.presets.sweeps import SWEEP_PRESETS
from bnlab.results.curves import Curves, last_known, members_of
from bnlab.results.sweeps.cells import shape_of
from bnlab.results.sweeps.estimate import Estimate
from bnlab.spec.documents import SUFFIXES, changed, read_document, read_file
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar, SpecError, refusal
from bnlab.spec.links import to_text

Source = Experiment | Mapping[str, Any] | str | Path
AnyResult = TypeVar("AnyResult", bound=Result)

_OWNER = "the person at this machine"


class RunFailedError(RuntimeError):
    """A run broke; the message says why, `result` holds what had been measured, if anything."""

    def __init__(self, reason: str, result: Result | None) -> None:
        super().__init__(reason)
        self.result = result


def race(
    experiment: Source | None = None,
    *,
    changes: Mapping[str, Scalar] | None = None,
    seeds: int | None = None,
    device: str | None = None,
    is_quiet: bool = False,
) -> RaceResult:
    """Train the variants of an experiment side by side, and wait for the end.

    Ctrl-C (or interrupting the kernel) stops the race; what is done is returned.

    Args:
        experiment: an `Experiment`, the same as plain data, a JSON or TOML file, or the name of
            a preset; by default, one network with and one without batch norm on digits.
        changes: fields to change, by dotted path: `{"optimizer.lr": 0.5}`.
        seeds: how many times each variant is trained.
        device: auto, cpu, cuda or mps; by default BNLAB_DEVICE.
        is_quiet: show no progress bar.

    Returns:
        What was measured.

    Raises:
        SpecError: the experiment is not valid.
        RunFailedError: it broke.
        KeyboardInterrupt: it was stopped before anything was measured.
    """
    asked = race_from(experiment, changes=_texts(changes), seeds=seeds)
    lab = lab_for("race", device=device)
    run = _trained(lab, asked, is_quiet=is_quiet, standing=lambda run: _standing(lab, run))
    curves = Curves.from_arrays(lab.log.curves_since(run.id, None)[1])
    result = RaceResult(run, curves, lab.log.frames(run.id))
    return _whole(result, is_empty=not result.frames)


def sweep(
    experiment: Source | None = None,
    *,
    axes: Mapping[str, Sequence[Scalar]] | None = None,
    changes: Mapping[str, Scalar] | None = None,
    seeds: int | None = None,
    device: str | None = None,
    is_quiet: bool = False,
) -> SweepResult:
    """Train the variants of an experiment at every point of one or two axes, and wait for the end.

    All workers take part. Ctrl-C (or interrupting the kernel) stops the sweep; what is done is
    returned. `bnlab.spread("optimizer.lr", 0.01, 10, 9)` makes the values of an axis.

    Args:
        experiment: as for `race`, or the name of a sweep preset.
        axes: one or two fields, by dotted path, with their values; by default those of the
            experiment.
        changes: fields to change, by dotted path.
        seeds: how many times each network is trained.
        device: auto, cpu, cuda or mps; by default BNLAB_DEVICE.
        is_quiet: show no progress bar.

    Returns:
        What was measured.

    Raises:
        SpecError: the experiment is not valid.
        RunFailedError: it broke.
        KeyboardInterrupt: it was stopped before anything was measured.
    """
    asked = sweep_from(experiment, changes=_texts(changes), axes=axes, seeds=seeds)
    lab = lab_for("sweep", device=device)
    run = _trained(lab, asked, is_quiet=is_quiet, standing=lambda _: "")
    result = SweepResult(run, lab.log.table(run.id))
    return _whole(result, is_empty=not np.isfinite(result.table.values["validation_loss"]).any())


def estimate(experiment: Experiment, *, device: str | None = None) -> Estimate:
    """How many networks a sweep has and how long it takes here, timed on a few of them.

    Raises:
        SpecError: such a sweep cannot be trained here.
    """
    try:
        return lab_for("sweep", device=device).estimate(experiment).result()
    except QueryError as error:
        raise SpecError(str(error)) from None


def race_from(
    source: Source | None, *, changes: Mapping[str, str], seeds: int | None = None
) -> Experiment:
    """The experiment of a race.

    Args:
        source: see `race`.
        changes: fields by dotted path, each value as text, as in a link.
        seeds: how many times each variant is trained.

    Raises:
        SpecError: it is not valid, or is a sweep.
    """
    presets = {name: preset.experiment for name, preset in PRESETS.items()}
    experiment = _asked(source, changes, seeds, presets)
    if experiment.axes:
        raise refusal("axes", ", ".join(experiment.axes), "none in a race; use sweep")
    return experiment


def sweep_from(
    source: Source | None,
    *,
    changes: Mapping[str, str],
    axes: Mapping[str, Sequence[Scalar]] | None = None,
    seeds: int | None = None,
) -> Experiment:
    """The experiment of a sweep; arguments as for `race_from` and `sweep`.

    Raises:
        SpecError: it is not valid, or is a race.
    """
    presets = {name: preset.experiment for name, preset in SWEEP_PRESETS.items()}
    experiment = _asked(source, changes, seeds, presets)
    if axes is not None:
        plain = experiment.model_dump(mode="json")
        experiment = read_document(plain | {"axes": {path: [*axes[path]] for path in axes}})
    if not experiment.axes:
        raise refusal("axes", "none", "one or two in a sweep, as optimizer.lr with 0.01, 0.1, 1")
    return experiment


# --- what is asked for ---------------------------------------------------------------------------


def _asked(
    source: Source | None,
    changes: Mapping[str, str],
    seeds: int | None,
    presets: Mapping[str, Experiment],
) -> Experiment:
    experiment = Experiment() if source is None else _read(source, presets)
    texts = dict(changes) | ({} if seeds is None else {"seeds": str(seeds)})
    return changed(experiment, texts) if texts else experiment


def _read(source: Source, presets: Mapping[str, Experiment]) -> Experiment:
    if isinstance(source, Experiment):
        return source
    if isinstance(source, Mapping):
        return read_document(dict(source))
    if isinstance(source, str) and source in presets:
        return presets[source]
    path = Path(source)
    if path.suffix.lower() in SUFFIXES or path.exists():
        return read_file(path)
    raise refusal(
        "experiment",
        f"{str(source)[:60]!r}",
        f"a .json or .toml file, or one of {', '.join(presets)}",
    )


def _texts(changes: Mapping[str, Scalar] | None) -> dict[str, str]:
    """Values as text, as in a link."""
    return {path: to_text(value) for path, value in (changes or {}).items()}


def _trained(lab: Lab, asked: Experiment, *, is_quiet: bool, standing: Callable[[Run], str]) -> Run:
    """Start a run and wait for its end; `standing` says in a few words how it is going."""
    run_id = lab.start(asked, owner=_OWNER)
    networks = math.prod(shape_of(asked))
    with progress_bar(f"{networks:,} networks", is_quiet=is_quiet) as show:
        return follow(
            lab.log,
            run_id,
            lambda run: show(run.step, run.steps, standing(run)),
            lambda reason: lab.command(run_id, Stop(reason=reason)),
        )


# --- what comes back -----------------------------------------------------------------------------


def _standing(lab: Lab, run: Run) -> str:
    """How well each variant is doing, in a few words."""
    arrays = lab.log.curves_since(run.id, None)[1]
    accuracy = last_known(arrays["validation_accuracy"])
    if not accuracy.size:
        return ""
    places = members_of(run.experiment)
    return "  ".join(
        f"{name} {100 * float(np.median(accuracy[place])):.1f} %" for name, place in places.items()
    )


def _whole(result: AnyResult, *, is_empty: bool) -> AnyResult:
    """The result, unless its run broke, or was stopped before anything was measured."""
    state, reason = result.run.state, result.run.reason
    if state == "cancelled" and is_empty:
        raise KeyboardInterrupt
    if state in ("completed", "cancelled"):
        return result
    if reason.startswith("BNLAB_DEVICE"):
        raise SpecError(reason)
    raise RunFailedError(reason, None if is_empty else result)
