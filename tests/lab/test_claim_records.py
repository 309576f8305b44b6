"""What is kept of claim runs, and what their tables say beside numbers."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest

from bnlab.claims.evidence import Evidence
from bnlab.lab.claim_tests import ClaimRun, StudyProgress
from bnlab.lab.claim_tests.log import ClaimLog
from bnlab.lab.claim_tests.problems import arm_problems
from bnlab.lab.claim_tests.reading import read
from bnlab.lab.claim_tests.trained import are_whole, whole_seeds_of
from bnlab.lab.runs.log import UnknownRunError
from bnlab.results.frames import DIVERGED, Array
from bnlab.results.sweeps.cells import shape_of
from bnlab.results.sweeps.maps import seed_values
from tests.lab.tiny_claims import BOTH, measured_study, tiny_claim, trained_study
from tests.results.sweeps.tables import a_sweep, a_table

CLAIM = tiny_claim({"trained": trained_study(), "measured": measured_study()}, BOTH)


def a_claim_run(run_id: str, *, numbers: int = 1) -> ClaimRun:
    experiment = CLAIM.studies["measured"].experiment
    measured = {"measured": (experiment, {"seconds": np.zeros(numbers)})}
    return ClaimRun(
        id=run_id,
        claim=CLAIM,
        changes={},
        owner="ann",
        started_at=0.0,
        studies=tuple(map(StudyProgress, CLAIM.studies)),
        evidence=Evidence({}, measured),
    )


def test_of_claims_that_have_ended_only_the_newest_are_kept() -> None:
    log = ClaimLog(most_ended=2)
    for run_id in "abcd":
        log.add(a_claim_run(run_id))
        log.change(run_id, state="running" if run_id == "a" else "completed")
    log.add(a_claim_run("e"))
    assert [run.id for run in log.runs()] == ["a", "c", "d", "e"]
    with pytest.raises(UnknownRunError):
        log.get("b")


def test_what_they_measured_is_kept_within_a_memory() -> None:
    log = ClaimLog(most_bytes=3000)
    for run_id in "abc":
        log.add(a_claim_run(run_id, numbers=200))
        log.change(run_id, state="completed")
    log.add(a_claim_run("d"))
    assert [run.id for run in log.runs()] == ["c", "d"]


def test_what_has_ended_does_not_change_any_more() -> None:
    log = ClaimLog()
    log.add(a_claim_run("a"))
    ended = log.change("a", state="cancelled", reason="Enough.")
    assert log.change("a", state="completed") is ended
    assert log.version("a") == 1


def test_who_waits_is_woken_by_the_next_change() -> None:
    log = ClaimLog()
    log.add(a_claim_run("a"))
    assert log.wait("a", 0, timeout_s=0.01) == 0

    async def follow() -> tuple[int, int]:
        threading.Timer(0.05, lambda: log.change("a", seconds=1.0)).start()
        return await log.wait_for("a", 0), await log.wait_for("a", 0)

    assert asyncio.run(follow()) == (1, 1)


def diverged_at(where: Array) -> tuple[str, ...]:
    """The problems of a sweep of learning rate by depth, diverged in these cells (V, X, Y, S)."""
    sweep = a_sweep()
    table = a_table(sweep)
    status = np.where(where.ravel(), DIVERGED, table.status).astype(np.uint8)
    return arm_problems("study", sweep, a_table(sweep, status=status))


def test_an_arm_that_diverges_at_one_value_of_the_second_axis_is_named_with_it() -> None:
    where = np.zeros(shape_of(a_sweep()), bool)
    where[0, :, 1] = True
    words = "diverged in every seed, at all 3 values of learning rate."
    assert diverged_at(where) == (f"study: none with hidden layers 4 {words}",)
    where[0] = True
    assert diverged_at(where) == (f"study: none {words}",)
    where[0, 1, 0, 2] = False
    assert diverged_at(where) == (f"study: none with hidden layers 4 {words}",)


def test_seeds_that_are_not_whole_are_as_if_they_were_never_begun() -> None:
    sweep = a_sweep()
    steps = np.full(shape_of(sweep), 40)
    done = steps.copy()
    done[0, 0, 0, 1] = 20  # of the second seed one network is not done
    table = a_table(sweep, steps=done.ravel().astype(np.int32))
    assert are_whole(sweep, table, steps.ravel()).tolist() == [True, False, True]
    kept = whole_seeds_of(sweep, table, steps.ravel())
    for metric in ("validation_accuracy", "test_accuracy", "steps_to_target", "diverged_share"):
        before, after = (seed_values(sweep, one, metric, "batch") for one in (table, kept))
        assert np.isnan(after[..., 1]).all()
        np.testing.assert_array_equal(after[..., [0, 2]], before[..., [0, 2]])


def test_what_is_read_before_its_study_begins_is_nothing_yet() -> None:
    found = read(CLAIM, Evidence({}, {}))
    assert found.broken == {}
    assert found.studies == {"accuracy": {"trained"}, "one more": {"measured"}}
    for pairs in found.pairs.values():
        assert np.isnan([pairs.first, pairs.second]).all()
