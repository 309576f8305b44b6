"""Sweeps on real workers: all cells train, in pieces, and fill one table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from bnlab.fleet.history import Report
from bnlab.fleet.plan import FleetPlan
from bnlab.fleet.train import Training
from bnlab.lab.workers.protocol.pieces import fleets_of
from bnlab.results.frames import REACHED_TARGET, Array
from bnlab.results.sweeps.cells import cells_of
from bnlab.spec.experiment import Experiment
from tests.lab.workers.builders import wait_for_end, wait_for_workers
from tests.lab.workers.conftest import Bench, make_bench
from tests.lab.workers.sweeps import tiny_sweep


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """Two workers, warm."""
    made = make_bench(2)
    wait_for_workers(made.workers, 2)
    yield made
    made.workers.close()


def reports_of(plan: FleetPlan) -> Iterator[Report]:
    """The evaluations of a fleet, trained whole and here."""
    training = Training(plan)
    yield training.report()
    while not training.is_done:
        training.step()
        if training.is_evaluated:
            yield training.report()


def trained_here(experiment: Experiment) -> tuple[Array, Array, Array]:
    """Validation accuracy, training loss and exact accuracy without workers, each fleet whole."""
    cells = cells_of(experiment)
    empty = np.full((len(cells), 4), np.nan, np.float32)
    accuracy, losses, exact = empty, empty.copy(), empty[:, 0].copy()
    for plan in fleets_of(experiment):
        reports = list(reports_of(plan))
        rows = list(plan.members)
        accuracy[rows] = np.stack([report.validation_accuracy for report in reports], 1)
        losses[rows] = np.stack([report.train_loss for report in reports], 1)
        exact[rows] = reports[-1].exact_accuracy
    return accuracy, losses, exact


def test_every_cell_of_a_sweep_is_trained_as_its_spec_says(bench: Bench) -> None:
    experiment = tiny_sweep()
    run_id = bench.start(experiment)
    run = wait_for_end(bench.log, run_id)
    table = bench.log.table(run_id)
    accuracy, losses, exact = trained_here(experiment)
    assert (run.state, run.reason, run.step) == ("completed", "", 30)
    assert table.eval_steps.tolist() == [0, 10, 20, 30]
    assert (table.steps == 30).all()
    np.testing.assert_allclose(table.values["validation_accuracy"], accuracy, atol=0.01)
    np.testing.assert_allclose(table.values["train_loss"], losses, rtol=1e-3)
    np.testing.assert_allclose(table.at_end["exact_accuracy"], exact, atol=0.01)
    np.testing.assert_array_equal(np.isfinite(table.target_steps), table.status == REACHED_TARGET)
