"""Claims put to the test on real workers: what is found, and what is said when things go wrong."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import numpy as np
import pytest

from bnlab.claims.claim import Claim
from bnlab.claims.evidence import Evidence, Pairs
from bnlab.lab.claim_tests import ClaimRun, ClaimTests
from bnlab.lab.lab import Lab
from bnlab.lab.limits import LimitError, Limits
from bnlab.lab.runs.log import RunLog, UnknownRunError
from bnlab.lab.workers.protocol.commands import Stop
from bnlab.lab.workers.server.pool import WorkerPool
from bnlab.spec.fields import SpecError
from tests.lab.tiny_claims import (
    BOTH,
    ENDLESS,
    a_condition,
    always_one_more,
    measured_study,
    slower,
    tiny_claim,
    trained_study,
)
from tests.lab.workers.builders import PATIENCE_S, tiny_race, wait_for_workers, wait_until


@pytest.fixture(scope="module")
def claims() -> Iterator[ClaimTests]:
    made = make_claim_tests(2)
    yield made
    close(made)


def make_claim_tests(count: int) -> ClaimTests:
    """In a lab of their own, in which a browser may have one run."""
    log = RunLog()
    workers = WorkerPool(log, count=count)
    wait_for_workers(workers, count)
    return ClaimTests(Lab(log=log, workers=workers, limits=Limits(runs_per_browser=1)))


def close(claims: ClaimTests) -> None:
    claims.close()
    claims.lab.close()


def ended(claims: ClaimTests, run_id: str) -> ClaimRun:
    """The record of a claim run at its end."""
    version = -1
    while not (run := claims.wait(run_id, version, timeout_s=PATIENCE_S)).has_ended:
        assert run.version > version
        version = run.version
    return run


def outcome(claims: ClaimTests, claim: Claim) -> ClaimRun:
    return ended(claims, claims.start(claim, owner="ann"))


def test_a_claim_is_trained_measured_and_judged(claims: ClaimTests) -> None:
    claim = tiny_claim({"trained": trained_study(), "measured": measured_study()}, BOTH)
    run = outcome(claims, claim)
    assert (run.state, run.reason, run.problems) == ("completed", "", ())
    accuracy, one_more = run.findings
    assert (accuracy.n, accuracy.verdict is not None) == (6, True)
    assert (one_more.effect, one_more.n, one_more.verdict) == (1.0, 6, "supported")
    assert [(study.done, study.is_over) for study in run.studies] == [(1.0, True)] * 2
    assert run.seconds > 0
    assert "2 workers" in run.machine
    np.testing.assert_array_equal(run.pairs["one more"].first, np.ones(6))


def test_a_trained_study_is_a_sweep_that_can_be_looked_at(claims: ClaimTests) -> None:
    claim = tiny_claim({"trained": trained_study()}, BOTH[:1])
    run = outcome(claims, claim)
    sweep = claims.lab.log.get(str(run.studies[0].run_id))
    assert (sweep.owner, sweep.claim_run_id) == ("ann", run.id)
    assert sweep.experiment == claim.studies["trained"].experiment
    np.testing.assert_array_equal(
        run.evidence.tables["trained"][1].steps, claims.lab.log.table(sweep.id).steps
    )


def test_dials_and_seeds_change_what_is_trained(claims: ClaimTests) -> None:
    claim = tiny_claim({"trained": trained_study()}, BOTH[:1])
    run_id = claims.start(claim, owner="ann", seeds=2, changes={"batch_size": 8})
    run = ended(claims, run_id)
    experiment = run.claim.studies["trained"].experiment
    assert (experiment.seeds, experiment.base.batch_size, run.seeds) == (2, 8, 2)
    assert run.changes == {"batch_size": 8}


def test_fewer_than_five_pairs_have_no_verdict(claims: ClaimTests) -> None:
    claim = tiny_claim({"measured": measured_study(seeds=4)}, BOTH[1:])
    [finding] = outcome(claims, claim).findings
    assert (finding.effect, finding.n, finding.verdict) == (1.0, 4, None)


def test_what_decides_is_known_only_when_all_its_studies_are_over(claims: ClaimTests) -> None:
    studies = {"measured": measured_study(), "trained": trained_study(steps=100_000)}
    run_id = claims.start(tiny_claim(studies, BOTH), owner="ann")
    wait_until(lambda: {one.n for one in claims.get(run_id).findings} == {6})
    run = claims.get(run_id)
    accuracy, one_more = run.findings
    assert np.isfinite(accuracy.effect)
    assert (accuracy.verdict, one_more.verdict, run.headline) == (None, "supported", None)
    claims.stop(run_id)
    run = ended(claims, run_id)
    # Networks that were trained for a part of their steps say nothing.
    assert run.state == "cancelled"
    assert [(one.n, one.verdict) for one in run.findings] == [(0, None), (6, "supported")]
    assert "6 of 6 seeds were not trained to the end" in run.problems[0]


def test_a_stopped_claim_keeps_the_seeds_that_were_measured(claims: ClaimTests) -> None:
    study = measured_study({"rounds": 150, "steps": 20}, seeds=64)
    run_id = claims.start(tiny_claim({"measured": study}, BOTH[1:]), owner="ann")
    wait_until(lambda: claims.get(run_id).studies[0].done >= 2 / 64)
    claims.stop(run_id, reason="Enough.")
    run = ended(claims, run_id)
    assert (run.state, run.reason) == ("cancelled", "Enough.")
    assert 2 <= run.findings[0].n < 64
    claims.stop(run_id)  # twice is no harm


def test_a_sweep_of_a_claim_that_is_stopped_by_hand_counts_for_nothing(claims: ClaimTests) -> None:
    studies = {"trained": trained_study(steps=100_000), "measured": measured_study()}
    run_id = claims.start(tiny_claim(studies, BOTH), owner="ann")
    wait_until(lambda: claims.get(run_id).studies[0].done > 0)
    claims.lab.command(str(claims.get(run_id).studies[0].run_id), Stop()).result(PATIENCE_S)
    run = ended(claims, run_id)
    assert run.state == "completed"
    assert [one.n for one in run.findings] == [0, 6]
    assert len(run.problems) == 1


def test_a_killed_worker_costs_no_seed(claims: ClaimTests) -> None:
    study = measured_study({"rounds": 150, "steps": 20})
    claim = tiny_claim({"trained": trained_study(steps=1500), "measured": study}, BOTH)
    run_id = claims.start(claim, owner="ann")
    for place in range(2):
        wait_until(lambda place=place: claims.get(run_id).studies[place].done > 0.1)
        os.kill(claims.lab.workers.pids()[0], signal.SIGKILL)
    run = ended(claims, run_id)
    assert (run.state, run.problems) == ("completed", ())
    assert [one.n for one in run.findings] == [6, 6]


def test_a_seed_that_costs_two_workers_is_left_out_and_the_others_count() -> None:
    claims = make_claim_tests(1)
    study = measured_study({"rounds": 100, "steps": 20})
    run_id = claims.start(tiny_claim({"measured": study}, BOTH[1:]), owner="ann")
    wait_until(lambda: claims.get(run_id).studies[0].done > 0)
    for _ in range(2):
        wait_for_workers(claims.lab.workers, 1)
        [pid] = claims.lab.workers.pids()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda pid=pid: claims.lab.workers.pids() not in ((), (pid,)))
    run = ended(claims, run_id)
    assert run.state == "completed"
    [problem] = run.problems
    assert "is left out, because 2 worker processes died" in problem
    assert (run.findings[0].n, run.findings[0].verdict) == (5, "supported")
    close(claims)


def test_an_arm_that_diverges_in_every_seed_is_named_and_decides_nothing(
    claims: ClaimTests,
) -> None:
    linear = {"network.activation": "identity", "network.depth": 6, "network.gain": 100.0}
    wild = {"wild": linear, "tame": {"norm.kind": "batch"}}

    def pairs(evidence: Evidence) -> Pairs:
        arms = (evidence.best("trained", "test_accuracy", arm).values[0] for arm in wild)
        return Pairs(*arms)

    study = trained_study(variants=wild, axes={"optimizer.lr": [1.0, 10.0]}, steps=60, seeds=5)
    run = outcome(claims, tiny_claim({"trained": study}, (a_condition("accuracy", pairs),)))
    assert run.state == "completed"
    assert run.problems == (
        "trained: wild diverged in every seed, at all 2 values of learning rate.",
    )
    assert (run.findings[0].n, run.findings[0].verdict) == (0, None)


def test_networks_that_cannot_be_built_are_named(claims: ClaimTests) -> None:
    study = trained_study(axes={"batch_size": [1, 16]}, seeds=5)
    run = outcome(claims, tiny_claim({"trained": study}, BOTH[:1]))
    [problem] = run.problems
    assert "(got 1 with batch norm" in problem
    assert run.findings[0].n == 5


@pytest.mark.parametrize(
    ("changes", "seeds", "words"),
    [
        ({"batch_size": 1}, None, r"\(got 1 with batch norm\)"),
        ({"data.train_size": 100_000}, None, "data.train_size must be 2 to"),
        ({"data.train_size": 10}, None, "batch_size must be "),
        ({"network.depth": 3}, None, "network.depth cannot be changed in this claim"),
        ({}, 65, "seeds must be 1 to 64"),
    ],
)
def test_a_claim_that_cannot_be_is_not_started(
    claims: ClaimTests, changes: dict[str, int], seeds: int | None, words: str
) -> None:
    claim = tiny_claim({"trained": trained_study()}, BOTH[:1])
    for ask in (claims.start, claims.estimate):
        about = {"owner": "ann"} if ask == claims.start else {}
        with pytest.raises(SpecError, match=words):
            ask(claim, seeds=seeds, changes=changes, **about)


def test_a_study_that_is_too_large_is_refused_by_its_name(claims: ClaimTests) -> None:
    huge = trained_study(axes={"optimizer.lr": [i / 100 for i in range(1, 26)]}, seeds=1000)
    claim = tiny_claim({"huge": huge}, BOTH[:1])
    with pytest.raises(LimitError, match="huge: "):
        claims.start(claim, owner="ann")
    unbuilt = measured_study(axes={"batch_size": [1, 16]})
    with pytest.raises(SpecError, match=r"measured: batch: batch_size must be .*\(got 1"):
        claims.start(tiny_claim({"measured": unbuilt}, BOTH[1:]), owner="ann")


def test_a_study_that_breaks_fails_its_claim_with_the_reason(claims: ClaimTests) -> None:
    broken = measured_study({"colour": "red"})
    claim = tiny_claim({"measured": measured_study(), "broken": broken}, BOTH[1:])
    run = outcome(claims, claim)
    assert run.state == "failed"
    assert "broken: " in run.reason
    assert "colour" in run.reason
    assert run.findings[0].verdict == "supported"  # what was found before stays


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        (lambda evidence: 1 / 0, "ZeroDivisionError"),
        (lambda evidence: evidence.tables["nothing"], "KeyError"),
        (lambda evidence: Pairs(np.ones(6), np.ones(5)), "must be one pair per seed"),
        (lambda evidence: Pairs(np.full(6, np.inf), np.ones(6)), "(got none"),
    ],
)
def test_a_condition_that_breaks_fails_its_claim_with_the_reason(
    claims: ClaimTests, pairs: object, words: str
) -> None:
    conditions = (BOTH[1], a_condition("broken", pairs))
    run = outcome(claims, tiny_claim({"measured": measured_study()}, conditions))
    assert run.state == "failed"
    assert run.reason.startswith("broken: ")
    assert words in run.reason
    assert [one.verdict for one in run.findings] == ["supported", None]


def test_a_claim_neither_ends_its_owners_runs_nor_is_ended_by_them(claims: ClaimTests) -> None:
    race = claims.lab.start(tiny_race(steps=100_000), owner="bob")
    claim = tiny_claim({"trained": trained_study(steps=100_000)}, BOTH[:1])
    run_id = claims.start(claim, owner="bob")
    wait_until(lambda: claims.get(run_id).studies[0].done > 0)
    assert not claims.lab.log.get(race).has_ended
    another = claims.lab.start(tiny_race(steps=100_000), owner="bob")
    wait_until(lambda: claims.lab.log.get(race).has_ended)  # a browser may have one run here
    assert not claims.get(run_id).has_ended
    claims.stop(run_id)
    assert ended(claims, run_id).state == "cancelled"
    claims.lab.command(another, Stop()).result(PATIENCE_S)


def test_of_too_many_claims_of_one_browser_the_oldest_is_stopped(claims: ClaimTests) -> None:
    study = measured_study(ENDLESS)
    claim = tiny_claim({"measured": study}, (a_condition("slower", slower),), name="long")
    runs = [claims.start(claim, owner="cleo") for _ in range(3)]
    other = claims.start(claim, owner="dan")
    assert "this browser started another test" in ended(claims, runs[0]).reason
    assert not any(claims.get(run_id).has_ended for run_id in (*runs[1:], other))
    for run_id in (*runs[1:], other):
        claims.stop(run_id)
        assert ended(claims, run_id).state == "cancelled"


def test_a_claim_is_estimated_before_it_is_started(claims: ClaimTests) -> None:
    studies = {"trained": trained_study(), "measured": measured_study()}
    few, many = (
        claims.estimate(tiny_claim(studies, BOTH), seeds=seeds).result(PATIENCE_S)
        for seeds in (6, 12)
    )
    assert 0 < few < many


def test_an_estimate_that_cannot_be_measured_says_why(claims: ClaimTests) -> None:
    claim = tiny_claim({"broken": measured_study({"colour": "red"})}, BOTH[1:])
    assert "colour" in str(claims.estimate(claim).exception(PATIENCE_S))


def test_a_claim_under_way_is_interrupted_when_the_server_stops() -> None:
    claims = make_claim_tests(1)
    claim = tiny_claim({"trained": trained_study(steps=100_000)}, BOTH[:1])
    run_id = claims.start(claim, owner="ann")
    wait_until(lambda: claims.get(run_id).studies[0].done > 0)
    close(claims)
    run = claims.get(run_id)
    assert (run.state, run.reason) == ("interrupted", "The server was stopped.")


def test_an_unknown_claim_run_is_said_to_be_gone(claims: ClaimTests) -> None:
    for ask in (claims.get, claims.stop):
        with pytest.raises(UnknownRunError):
            ask("nowhere")


def test_without_workers_a_claim_fails_and_says_why() -> None:
    log = RunLog()
    workers = WorkerPool(log, count=1, program=("/nowhere/python",))
    claims = ClaimTests(Lab(log=log, workers=workers))
    claim = tiny_claim({"measured": measured_study()}, (a_condition("a", always_one_more),))
    run = outcome(claims, claim)
    assert run.state == "failed"
    assert "No worker process could be started" in run.reason
    close(claims)
