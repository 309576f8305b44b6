"""Runs on a real worker process: endings, commands, pace, fairness, questions."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from bnlab.fleet.device import choose_device
from bnlab.lab.runs.log import UnknownRunError
from bnlab.lab.workers.inside.race import Race
from bnlab.lab.workers.protocol.commands import (
    Pace,
    Pause,
    ResetStatistics,
    Resume,
    RunEndedError,
    SetLearningRate,
    Step,
    Stop,
    Watch,
)
from bnlab.lab.workers.protocol.queries import Evaluate, QueryError, Unit
from bnlab.results.frames import DIVERGED, QUANTITIES, unpack
from bnlab.spec.interventions import Intervention
from tests.lab.workers.builders import (
    PATIENCE_S,
    tiny_race,
    wait_for_end,
    wait_for_step,
    wait_until,
)
from tests.lab.workers.conftest import Bench

ENDLESS = 100_000


def test_a_run_completes_with_the_numbers_of_the_same_race_here(bench: Bench) -> None:
    run_id = bench.start(tiny_race(steps=60))
    run = wait_for_end(bench.log, run_id)
    race = Race(tiny_race(steps=60), device=choose_device("cpu"))
    while not race.is_done:
        race.advance()
    expected = race.look((), pictures=False)
    curves = bench.log.curves_since(run_id, None)[1]
    assert (run.state, run.reason, run.step) == ("completed", "", 60)
    assert run.device.startswith("CPU")
    assert set(unpack(run.header)[1]) == {"points", "point_classes", "extent"}
    assert curves["loss_steps"].tolist() == list(range(1, 61))
    np.testing.assert_allclose(curves["train_loss"], expected.train_loss, rtol=1e-4)


def test_a_paused_run_steps_when_told_and_goes_on_when_told(bench: Bench) -> None:
    run_id = bench.start(tiny_race(steps=ENDLESS), pace=50.0)
    wait_for_step(bench.log, run_id, 2)
    paused_at = bench.workers.command(run_id, Pause()).result(PATIENCE_S)
    wait_until(lambda: bench.log.get(run_id).state == "paused")
    assert bench.log.get(run_id).step == paused_at
    for n in (1, 3):
        before = bench.log.get(run_id).step
        bench.workers.command(run_id, Step(n=n)).result(PATIENCE_S)
        wait_for_step(bench.log, run_id, before + n)
        frame = bench.log.frames(run_id)[-1]
        assert set(frame.layers) == set(QUANTITIES)
        assert (frame.step, bench.log.get(run_id).state) == (before + n, "paused")
    assert bench.workers.command(run_id, Watch()).result(PATIENCE_S) == paused_at + 4
    bench.workers.command(run_id, Resume())
    wait_for_step(bench.log, run_id, paused_at + 10)
    assert bench.log.get(run_id).state == "running"
    bench.workers.command(run_id, Stop())
    wait_for_end(bench.log, run_id)


def test_a_step_told_to_a_running_run_pauses_it(bench: Bench) -> None:
    run_id = bench.start(tiny_race(steps=ENDLESS), pace=20.0)
    step = bench.workers.command(run_id, Step(n=2)).result(PATIENCE_S)
    wait_for_step(bench.log, run_id, step + 2)
    assert bench.log.get(run_id).state == "paused"
    assert bench.workers.command(run_id, Stop()).result(PATIENCE_S) == step + 2


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the times of /proc")
def test_a_paused_run_costs_nothing(bench: Bench) -> None:
    run_id = bench.start(tiny_race(steps=ENDLESS))
    bench.workers.command(run_id, Pause()).result(PATIENCE_S)
    before = cpu_seconds(bench.workers.pids()[0])
    time.sleep(0.5)
    assert cpu_seconds(bench.workers.pids()[0]) - before < 0.1
    bench.workers.command(run_id, Stop()).result(PATIENCE_S)


def cpu_seconds(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def test_statistics_that_are_reset_while_a_run_rests_are_seen_at_once(bench: Bench) -> None:
    run_id = bench.start(tiny_race(steps=300, probe={"layer": 0}), pace=400.0)
    wait_for_step(bench.log, run_id, 5)
    bench.workers.command(run_id, Pause()).result(PATIENCE_S)

    def running() -> list[float]:
        values = bench.log.statistics(run_id, 0)["values"]
        return values[-1, 1, :2].tolist()  # of the second variant, the one with batch norm

    wait_until(lambda: bench.log.get(run_id).state == "paused")
    assert running() != [0, 1]
    step = bench.workers.command(run_id, ResetStatistics()).result(PATIENCE_S)
    wait_until(lambda: running() == [0, 1])
    assert bench.log.get(run_id).step == step
    assert bench.log.get(run_id).interventions == (Intervention(step=step, reset=True),)
    bench.workers.command(run_id, Stop()).result(PATIENCE_S)


def test_a_new_learning_rate_is_recorded_and_repeated_to_the_same_numbers(bench: Bench) -> None:
    race = tiny_race(steps=300)
    first = bench.start(race, pace=400.0)
    wait_for_step(bench.log, first, 20)
    step = bench.workers.command(first, SetLearningRate(lr=0.01)).result(PATIENCE_S)
    bench.workers.command(first, Pace(steps_per_s=0.0))
    changes = wait_for_end(bench.log, first).interventions
    assert changes == (Intervention(step=step, lr=0.01),)
    again = bench.start(race, interventions=changes)
    without = bench.start(race)
    for run_id in (again, without):
        wait_for_end(bench.log, run_id)
    losses = {
        run_id: bench.log.curves_since(run_id, None)[1]["train_loss"]
        for run_id in (first, again, without)
    }
    np.testing.assert_array_equal(losses[first], losses[again])
    np.testing.assert_array_equal(losses[first][:, :step], losses[without][:, :step])
    assert not np.array_equal(losses[first], losses[without])


def test_a_stopped_run_ends_cancelled_for_its_reason(bench: Bench) -> None:
    run_id = bench.start(tiny_race(steps=ENDLESS))
    wait_for_step(bench.log, run_id, 1)
    step = bench.workers.command(run_id, Stop(reason="Enough seen.")).result(PATIENCE_S)
    run = wait_for_end(bench.log, run_id)
    assert (run.state, run.reason, run.step) == ("cancelled", "Enough seen.", step)
    steps = bench.log.curves_since(run_id, None)[1]["loss_steps"]
    assert steps[-1] == step


def test_an_ended_run_takes_no_command_and_says_why(bench: Bench) -> None:
    run_id = bench.start(tiny_race(steps=2))
    wait_for_end(bench.log, run_id)
    with pytest.raises(RunEndedError, match="This run has ended \\(completed\\)"):
        bench.workers.command(run_id, Pause())
    bench.workers.watch(run_id, Watch())  # a viewer that came late is no error


def test_an_unknown_run_takes_no_command(bench: Bench) -> None:
    with pytest.raises(UnknownRunError, match="There is no run 'nowhere'"):
        bench.workers.command("nowhere", Pause())


def test_two_runs_at_full_pace_both_go_on(bench: Bench) -> None:
    runs = [bench.start(tiny_race(steps=ENDLESS)) for _ in range(2)]
    for run_id in runs:
        wait_for_step(bench.log, run_id, 50)
    assert all(not bench.log.get(run_id).has_ended for run_id in runs)
    for run_id in runs:
        bench.workers.command(run_id, Stop()).result(PATIENCE_S)


def test_each_run_keeps_its_own_pace(bench: Bench) -> None:
    # A step in 100 s, 20 a second, and as fast as it goes: busy or not, the machine does the first.
    paces = {"crawling": 0.01, "slow": 20.0, "fast": 0.0}
    runs = {name: bench.start(tiny_race(steps=ENDLESS), pace=pace) for name, pace in paces.items()}
    wait_for_step(bench.log, runs["slow"], 20)
    steps = {name: bench.log.get(run_id).step for name, run_id in runs.items()}
    for run_id in runs.values():
        bench.workers.command(run_id, Stop()).result(PATIENCE_S)
    assert steps["crawling"] <= 3
    assert 20 <= steps["slow"] < steps["fast"]


def test_what_is_watched_is_in_every_frame_and_the_rest_in_every_fourth(bench: Bench) -> None:
    run_id = bench.start(tiny_race(steps=ENDLESS), pace=20.0)
    wait_for_step(bench.log, run_id, 1)
    bench.workers.command(run_id, Watch(quantities=("gradient",))).result(PATIENCE_S)
    since = bench.log.get(run_id).frames
    wait_until(lambda: bench.log.get(run_id).frames > since + 9)
    bench.workers.command(run_id, Stop()).result(PATIENCE_S)
    frames = bench.log.frames(run_id)[:-1]
    for index, frame in enumerate(frames[since + 1 :], start=since + 1):
        expected = set(QUANTITIES) if index % 4 == 0 else {"gradient"}
        assert set(frame.layers) == expected
        assert (frame.decision is not None) == (index % 4 == 0)


def test_a_run_under_way_answers_questions(bench: Bench) -> None:
    run_id = bench.start(tiny_race(steps=ENDLESS), pace=10.0)
    answer = bench.workers.ask(run_id, Evaluate(part="test")).result(PATIENCE_S)
    assert answer["loss"].shape == answer["accuracy"].shape == (2,)
    with pytest.raises(QueryError, match="layer must be 0 to 1"):
        bench.workers.ask(run_id, Unit(variant="batch", layer=7, unit=0)).result(PATIENCE_S)
    bench.workers.command(run_id, Stop()).result(PATIENCE_S)


def test_a_run_stops_at_its_target_always_at_the_same_evaluation(bench: Bench) -> None:
    easy = tiny_race(
        base={
            "data": {"name": "gaussians"},
            "network": {"depth": 1, "width": 8},
            "steps": 2000,
            "evaluate_every": 7,
            "batch_size": 16,
        },
        target=0.8,
        stop_at_target=True,
    )
    runs = [wait_for_end(bench.log, bench.start(easy, pace=pace)) for pace in (0.0, 150.0)]
    assert runs[0].step == runs[1].step < 2000
    assert runs[0].step % 7 == 0
    assert {(run.state, run.reason) for run in runs} == {
        ("completed", "Every network has reached the target.")
    }


def test_a_network_that_diverges_is_a_result_not_a_failure(bench: Bench) -> None:
    wild = {"optimizer.lr": 1000.0, "network.activation": "identity"}
    race = tiny_race(steps=60, variants={"wild": wild, "calm": {}})
    run_id = bench.start(race)
    assert wait_for_end(bench.log, run_id).state == "completed"
    frame = bench.log.frame_at(run_id)
    assert frame is not None
    assert frame.status[0] == DIVERGED != frame.status[1]
