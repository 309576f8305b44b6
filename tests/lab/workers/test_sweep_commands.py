"""A sweep is paused, resumed and stopped on all workers at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from bnlab.lab.runs.log import UnknownRunError
from bnlab.lab.workers.protocol.commands import (
    Pause,
    Resume,
    RunEndedError,
    SetLearningRate,
    Step,
    Stop,
    Watch,
)
from bnlab.lab.workers.protocol.queries import Evaluate, QueryError
from bnlab.results.sweeps.table import WAITING
from bnlab.spec.fields import SpecError
from tests.lab.workers.builders import (
    PATIENCE_S,
    tiny_race,
    wait_for_end,
    wait_for_step,
    wait_for_workers,
    wait_until,
)
from tests.lab.workers.conftest import Bench, make_bench
from tests.lab.workers.sweeps import tiny_sweep

ENDLESS = tiny_sweep(steps=20_000)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """Two workers, warm."""
    made = make_bench(2)
    wait_for_workers(made.workers, 2)
    yield made
    made.workers.close()


def test_a_paused_sweep_rests_on_all_workers_and_goes_on_to_the_same_numbers(bench: Bench) -> None:
    sweep = tiny_sweep(steps=1000)
    run_id = bench.start(sweep)
    wait_for_step(bench.log, run_id, 20)
    step = bench.workers.command(run_id, Pause()).result(PATIENCE_S)
    assert bench.log.get(run_id).state == "paused"
    before = bench.log.table(run_id)
    # Whatever the workers had under way would come before their answer to this.
    assert bench.workers.command(run_id, Pause()).result(PATIENCE_S) == step
    np.testing.assert_array_equal(bench.log.table(run_id).steps, before.steps)
    bench.workers.command(run_id, Resume()).result(PATIENCE_S)
    assert wait_for_end(bench.log, run_id).state == "completed"
    undisturbed = bench.start(sweep)
    wait_for_end(bench.log, undisturbed)
    mine, other = (bench.log.table(each) for each in (run_id, undisturbed))
    for name, values in other.values.items():
        np.testing.assert_array_equal(mine.values[name], values)


def test_a_stopped_sweep_keeps_its_table(bench: Bench) -> None:
    run_id = bench.start(ENDLESS)
    wait_for_step(bench.log, run_id, 10)
    bench.workers.command(run_id, Stop(reason="Enough seen.")).result(PATIENCE_S)
    run = bench.log.get(run_id)
    assert (run.state, run.reason) == ("cancelled", "Enough seen.")
    table = bench.log.table(run_id)
    assert (table.steps > 0).any()
    for cell in np.flatnonzero(table.steps):
        known = np.isfinite(table.values["validation_loss"][cell])
        assert known[table.eval_steps <= table.steps[cell]].all()
        assert not known[table.eval_steps > table.steps[cell]].any()
    with pytest.raises(RunEndedError, match="Enough seen"):
        bench.workers.command(run_id, Pause())


def test_a_paused_sweep_can_be_stopped(bench: Bench) -> None:
    run_id = bench.start(ENDLESS)
    bench.workers.command(run_id, Pause()).result(PATIENCE_S)
    bench.workers.command(run_id, Stop()).result(PATIENCE_S)
    assert bench.log.get(run_id).state == "cancelled"


def test_a_sweep_shows_all_cells_soon_and_tells_of_each_change(bench: Bench) -> None:
    run_id = bench.start(ENDLESS)
    version = bench.log.version(run_id)
    wait_until(lambda: (bench.log.table(run_id).status != WAITING).all())
    assert bench.log.version(run_id) > version
    table = bench.log.table(run_id)
    assert table is bench.log.table(run_id) or bench.log.version(run_id) > version
    assert np.isfinite(table.values["validation_loss"][:, 0]).all()
    bench.workers.command(run_id, Stop()).result(PATIENCE_S)


def test_a_sweep_takes_no_commands_and_questions_of_races(bench: Bench) -> None:
    run_id = bench.start(ENDLESS)
    for command in (Step(n=1), SetLearningRate(lr=0.1)):
        with pytest.raises(SpecError, match=r"must be pause, resume or stop \(got \w+ for a sweep"):
            bench.workers.command(run_id, command)
    with pytest.raises(QueryError, match="sweep"):
        bench.workers.ask(run_id, Evaluate()).result(PATIENCE_S)
    bench.workers.watch(run_id, Watch())  # a viewer that watches it as a race is no error
    bench.workers.command(run_id, Stop()).result(PATIENCE_S)
    race = bench.start(tiny_race())
    with pytest.raises(ValueError, match="race"):
        bench.log.table(race)
    with pytest.raises(UnknownRunError):
        bench.log.table("nowhere")


def test_a_race_beside_a_sweep_goes_on(bench: Bench) -> None:
    sweep = bench.start(ENDLESS)
    wait_for_step(bench.log, sweep, 10)
    race = bench.start(tiny_race(steps=200))
    assert wait_for_end(bench.log, race).state == "completed"
    assert bench.log.get(sweep).state == "running"
    bench.workers.command(sweep, Stop()).result(PATIENCE_S)
