"""Claims at a reduced size, run in this process: the same networks and numbers, without workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from inspect import signature

import numpy as np

from bnlab.claims.claim import Claim, Setting, Study
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.claims.findings import Finding
from bnlab.claims.judging import comparisons, findings
from bnlab.claims.statistics import judgements
from bnlab.fleet.device import choose_device
from bnlab.fleet.measurements import MEASUREMENTS
from bnlab.lab.claim_tests.reading import read
from bnlab.lab.workers.inside.sweep_run import ActiveSweep
from bnlab.lab.workers.protocol.pieces import cut, fleets_of
from bnlab.results.frames import Array
from bnlab.results.sweeps.cells import cells_of
from bnlab.results.sweeps.record import GrowingTable, evaluation_bytes, evaluation_steps
from bnlab.results.sweeps.table import END_QUANTITIES, SWEEP_QUANTITIES
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar
from bnlab.spec.member import parse

Arrays = dict[str, Array]


def run_reduced(
    claim: Claim,
    *,
    seeds: int = 2,
    studies: Sequence[str] | None = None,
    base: Mapping[str, Scalar] | None = None,
    axes: Mapping[str, Sequence[Scalar]] | None = None,
    settings: Mapping[str, Setting] | None = None,
) -> Evidence:
    """Train and measure the studies of a claim, smaller than they are.

    Args:
        claim: any.
        seeds: of each study.
        studies: which of them; of the others nothing is known in the evidence. None: all.
        base: fields to change in the base of each study, as {"steps": 50}.
        axes: other values of axes, in the studies that have them.
        settings: of the measurements that know them.
    """
    return evidence_of(
        reduced(claim, seeds=seeds, base=base, axes=axes, settings=settings), studies
    )


def reduced(
    claim: Claim,
    *,
    seeds: int = 2,
    base: Mapping[str, Scalar] | None = None,
    axes: Mapping[str, Sequence[Scalar]] | None = None,
    settings: Mapping[str, Setting] | None = None,
) -> Claim:
    """The claim with smaller studies; arguments as of `run_reduced`."""
    changed = {
        name: replace(
            study,
            experiment=_smaller(study.experiment, seeds, dict(base or {}), dict(axes or {})),
            settings={**study.settings, **_taken(study, settings or {})},
        )
        for name, study in claim.studies.items()
    }
    return replace(claim, studies=changed)


def evidence_of(
    claim: Claim, studies: Sequence[str] | None = None, *, is_by_chance: bool = False
) -> Evidence:
    """What the studies of a claim find, seed by seed.

    Of those that are not named nothing: tables wait, measurements are not there.

    Args:
        claim: any, as a rule a reduced one.
        studies: by name; None: all.
        is_by_chance: tables get random numbers in place of trained ones, to be had at once.
    """
    chosen = set(claim.studies if studies is None else studies)
    tables, measured = {}, {}
    for name, study in claim.studies.items():
        experiment = study.experiment
        if study.measurement:
            measured |= {name: (experiment, _measured(study))} if name in chosen else {}
        else:
            growing = GrowingTable(cells_of(experiment))
            if name in chosen:
                (_fill_by_chance if is_by_chance else _train)(experiment, growing)
            tables[name] = (experiment, growing.snapshot())
    return Evidence(tables, measured)


def pairs_in(claim: Claim, evidence: Evidence, condition: str) -> Pairs:
    """The pairs of one condition."""
    reading = read(claim, evidence)
    assert condition not in reading.broken, reading.broken[condition]
    return reading.pairs[condition]


def findings_in(claim: Claim, evidence: Evidence) -> dict[str, Finding]:
    """What is found for each condition, by its name."""
    reading = read(claim, evidence)
    assert not reading.broken
    pairs = reading.pairs
    answer = judgements(conditions=comparisons(claim, pairs))
    return {finding.condition: finding for finding in findings(claim, pairs, answer)}


def _taken(study: Study, settings: Mapping[str, Setting]) -> dict[str, Setting]:
    if not study.measurement:
        return {}
    known = signature(MEASUREMENTS[study.measurement]).parameters
    return {name: value for name, value in settings.items() if name in known}


def _smaller(
    experiment: Experiment,
    seeds: int,
    base: dict[str, Scalar],
    axes: dict[str, Sequence[Scalar]],
) -> Experiment:
    document = experiment.model_dump()
    document["seeds"] = seeds
    document["base"] = experiment.base.replace(base).model_dump()
    document["axes"] |= {path: axes[path] for path in experiment.axes if path in axes}
    return parse(Experiment, document)


def _train(experiment: Experiment, table: GrowingTable) -> None:
    """Train a sweep as a worker does, and fill its table as the server does."""
    sweep = ActiveSweep(
        "reduced",
        device=choose_device("cpu"),
        is_paused=False,
        send=lambda _meta, data: table.fill(data),
    )
    for number, piece in enumerate(cut(fleets_of(experiment))):
        sweep.take(number, lambda plan=piece.plan: plan)
    while np.isfinite(sweep.due_s):
        sweep.advance(np.inf)


def _fill_by_chance(experiment: Experiment, table: GrowingTable) -> None:
    rng = np.random.default_rng(0)
    cells_at: dict[int, list[int]] = {}
    for index, cell in enumerate(cells_of(experiment)):
        for step in [] if cell.spec is None else evaluation_steps(cell.spec):
            cells_at.setdefault(int(step), []).append(index)
    for step, cells in sorted(cells_at.items()):
        arrays = {"cells": np.array(cells, np.int32), "status": np.zeros(len(cells), np.uint8)}
        names = (*SWEEP_QUANTITIES, *END_QUANTITIES)
        arrays |= {name: rng.random(len(cells), np.float32) for name in names}
        table.fill(evaluation_bytes(step, arrays))


def _measured(study: Study) -> Arrays:
    """What a measurement answers, (S, M, ...) by name."""
    cells = cells_of(study.experiment)
    answers: list[Arrays] = []
    for index in range(study.experiment.seeds):
        specs = [cell.spec for cell in cells if cell.seed_index == index]
        measuring = MEASUREMENTS[study.measurement](specs, **study.settings)
        while True:
            try:
                next(measuring)
            except StopIteration as end:
                answers.append(end.value)
                break
    return {name: np.stack([answer[name] for answer in answers]) for name in answers[0]}
