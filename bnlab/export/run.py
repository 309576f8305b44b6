"""A run as files: frames and curves as CSV, everything as JSON. Pure, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from bnlab.export.text import csv_line, json_parts, plain
from bnlab.lab.runs.log import Run
from bnlab.lab.runs.statistics import DISTANCES, distances
from bnlab.results.curves import CURVES, members_of
from bnlab.results.frames import Array, Frame
from bnlab.spec.experiment import Member

_STATUS = ("training", "diverged", "reached the target")
# Per member and layer: the last two have one value more, of the output layer.
_PER_LAYER = ("dead", "saturated", "mean_gap", "var_gap", "gradient_norm", "update_ratio")
_STATS = ("mean", "std")
_IN_JSON = tuple(field.name for field in fields(Frame) if field.name not in {"layers", *CURVES})


def frames_csv(run: Run, frames: Sequence[Frame]) -> Iterator[str]:
    """One row a kept frame and network: what the probes measured in every layer.

    Of a recorded layer also how far its statistics are from the exact ones (`distances`); the
    statistics themselves, of every unit, are in the JSON form.
    """
    members = run.experiment.members()
    quantities = sorted({quantity for frame in frames for quantity in frame.layers})
    widths = {
        name: max((getattr(frame, name).shape[1] for frame in frames), default=0)
        for name in _PER_LAYER
    }
    depth = widths["dead"]
    header = ["step", "training_s", *_NAMES, "status", "step_ms"]
    header += [f"{name}_{layer + 1}" for name in _PER_LAYER for layer in range(widths[name])]
    header += [f"{q}_{name}_{n + 1}" for q in quantities for name in _STATS for n in range(depth)]
    is_recorded = run.experiment.probe.layer != "none"
    header += [f"{name}_distance" for name in DISTANCES if is_recorded]
    yield csv_line(header)
    for frame in frames:
        far = _distances(run, frame) if is_recorded else {}
        for index, member in enumerate(members):
            row = [frame.step, round(frame.wall_s, 4), *_who(member)]
            row += [_STATUS[int(frame.status[index])], frame.step_ms[index]]
            for name in _PER_LAYER:
                row += list(getattr(frame, name)[index])
            for quantity in quantities:
                stats = frame.layers.get(quantity)
                for name in _STATS:
                    row += [""] * depth if stats is None else list(getattr(stats, name)[index])
            row += far.get(index, [""] * len(DISTANCES) if is_recorded else [])
            yield csv_line(row)


def _distances(run: Run, frame: Frame) -> dict[int, list[Any]]:
    """The distances of each member that is watched, by its place."""
    if frame.statistics is None:
        return {}
    seed = run.experiment.probe.seed
    watched = [places.start + seed for places in members_of(run.experiment).values()]
    found = distances(run.experiment, frame.statistics)
    return {member: list(row) for member, row in zip(watched, found, strict=True)}


def curves_csv(run: Run, curves: Mapping[str, Array]) -> Iterator[str]:
    """One row per step and network: training loss, and the evaluations where there were any."""
    yield csv_line(["step", *_NAMES, "train_loss", *CURVES[3:]])
    losses = {int(step): place for place, step in enumerate(curves["loss_steps"])}
    evaluations = {int(step): place for place, step in enumerate(curves["eval_steps"])}
    steps = sorted(losses.keys() | evaluations.keys())
    for index, member in enumerate(run.experiment.members()):
        for step in steps:
            loss, evaluation = losses.get(step), evaluations.get(step)
            row = [step, *_who(member)]
            row.append("" if loss is None else curves["train_loss"][index, loss])
            row += ["" if evaluation is None else curves[n][index, evaluation] for n in CURVES[3:]]
            yield csv_line(row)


def run_json(run: Run, frames: Sequence[Frame], curves: Mapping[str, Array]) -> Iterator[str]:
    """One JSON document: the experiment, how the run went, its curves and kept frames."""
    head = {
        "format": "bnlab run 1",
        "id": run.id,
        "state": run.state,
        "reason": run.reason,
        "device": run.device,
        "experiment": run.experiment.model_dump(mode="json"),
        "interventions": [change.model_dump() for change in run.interventions],
        "members": [dict(zip(_NAMES, _who(member), strict=True)) for member in
                    run.experiment.members()],
        "curves": {name: plain(curves[name]) for name in CURVES},
    }  # fmt: skip
    return json_parts(head, "frames", map(_frame_document, frames))


_NAMES = ("variant", "seed")


def _who(member: Member) -> tuple[str, int]:
    return member.variant, member.spec.seed


def _frame_document(frame: Frame) -> dict[str, Any]:
    document = {name: plain(getattr(frame, name)) for name in _IN_JSON}
    document["layers"] = {
        quantity: {
            **{name: plain(getattr(stats, name)) for name in ("mean", "std", "percentiles")},
            **{name: plain(getattr(stats.histogram, name)) for name in ("counts", "under", "over")},
        }
        for quantity, stats in frame.layers.items()
    }
    return document
