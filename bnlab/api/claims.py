"""Claims from the command line: chosen, and tested by the workers of this process."""

from __future__ import annotations

from collections.abc import Iterable

from bnlab.api.labs import follow, lab_for
from bnlab.api.progress import progress_bar
from bnlab.claims import claim, claims
from bnlab.claims.claim import Claim
from bnlab.lab.claim_tests import ClaimRun, ClaimTests
from bnlab.spec.fields import SpecError

_OWNER = "the person at this machine"
_DEVICE = "BNLAB_DEVICE"  # how workers begin their refusal of a device
_PARTS = 1000  # units of the progress bar of a claim


def chosen(which: Iterable[str]) -> list[Claim]:
    """The claims of these numbers or names, once each, in the order of their numbers.

    Args:
        which: numbers or names; if empty, all claims.

    Raises:
        SpecError: there is no such claim.
    """
    found = {one.number: one for one in map(claim, which)} or {
        one.number: one for one in claims().values()
    }
    return [found[number] for number in sorted(found)]


def put_to_the_test(
    asked: Claim,
    *,
    seeds: int | None = None,
    device: str | None = None,
    is_quiet: bool = False,
) -> ClaimRun:
    """Train, measure and judge everything a claim needs, and wait for the end.

    Ctrl-C stops it; what is done is judged and returned, in the state "cancelled".

    Args:
        asked: the claim.
        seeds: how many; by default as the claim has them.
        device: auto, cpu, cuda or mps; by default BNLAB_DEVICE.
        is_quiet: show no progress bar.

    Returns:
        Its final record. A test that broke is "failed", and says why.

    Raises:
        SpecError: a study is too large for the limits, or there is no such device.
    """
    tests = ClaimTests(lab_for("sweep", device=device))
    run_id = tests.start(asked, owner=_OWNER, seeds=seeds)
    try:
        with progress_bar(f"claim {asked.number}, {asked.name}", is_quiet=is_quiet) as show:
            run = follow(
                tests.log,
                run_id,
                lambda run: show(round(_PARTS * _share(run)), _PARTS, _now(run)),
                lambda reason: tests.stop(run_id, reason=reason),
            )
    finally:
        tests.close()  # after a second Ctrl-C it is still running
    _, device_word, refusal = run.reason.partition(_DEVICE)
    if run.state == "failed" and device_word:
        raise SpecError(device_word + refusal)
    return run


def _share(run: ClaimRun) -> float:
    """How much of all studies is done."""
    return sum(1.0 if one.is_over else one.done for one in run.studies) / len(run.studies)


def _now(run: ClaimRun) -> str:
    """What is trained or measured at this moment."""
    return next((one.name for one in run.studies if not one.is_over), "")
