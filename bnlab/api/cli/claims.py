"""`python -m bnlab claims`: test textbook claims."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from bnlab.api.claims import chosen, put_to_the_test
from bnlab.api.cli.printed import print_json, print_table
from bnlab.api.cli.sweep import duration
from bnlab.api.progress import say
from bnlab.api.race_sweep import RunFailedError
from bnlab.claims.findings import Finding
from bnlab.claims.words import condition_words, effect_words
from bnlab.export.claim_report import report_entries, write_report
from bnlab.lab.claim_tests import ClaimRun
from bnlab.spec.fields import refusal


def run(options: Namespace) -> bool:
    """Test the claims one after the other, write and print; returns whether all completed."""
    claims = chosen(options.names)
    if options.out is not None:
        _make_folder(options.out)
    done: list[ClaimRun] = []
    try:
        for claim in claims:
            done.append(
                put_to_the_test(
                    claim, seeds=options.seeds, device=options.device, is_quiet=options.quiet
                )
            )
            if options.out is not None:  # each time: what is done is kept, whatever happens next
                write_report(done, options.out)
            say(_ending(done[-1]), is_quiet=options.quiet)
            if done[-1].state == "cancelled":
                break
    finally:
        _show(done, options)
    failed = [f"Claim {one.number}: {one.reason}" for one in done if one.state == "failed"]
    if failed:
        raise RunFailedError(" ".join(failed), None)
    return len(done) == len(claims) and done[-1].state == "completed"


def _make_folder(folder: Path) -> None:
    """Create it now: a folder that cannot be written to is refused before training."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refusal("--out", folder, f"a folder ({error.strerror})") from None


def _ending(run: ClaimRun) -> str:
    """The result of one claim, in one line."""
    said = run.headline or "no verdict"
    problems = "".join(f" {sentence}" for sentence in (run.reason, *run.problems) if sentence)
    return f"Claim {run.number} ({run.claim.name}): {said}, {duration(run.seconds)}.{problems}"


def _show(done: Sequence[ClaimRun], options: Namespace) -> None:
    """Print the results, if any, and say where they were written."""
    if not done:
        return
    if options.json:
        print_json(report_entries(done))
    else:
        head = ["claim", "condition", "effect (95 % interval)", "seeds", "verdict"]
        print_table(head, [line for run in done for line in _lines(run)], left=5)
    if options.out is not None:
        say(f"Written: {options.out}/report.html and report.json", is_quiet=options.quiet)


def _lines(run: ClaimRun) -> list[list[str]]:
    """The claim with its headline, and below it one line per condition."""
    found = {finding.condition: finding for finding in run.findings}
    headline = run.headline or "no verdict"
    lines = [[f"{run.number} {run.claim.name}", "", "", "", headline]]
    for condition in run.claim.conditions:
        finding: Finding | None = found.get(condition.name)
        if finding is None:
            lines.append(["", condition.name, "–", "0", "–"])
            continue
        effect, verdict = effect_words(condition, finding), finding.verdict or "–"
        lines.append(["", condition_words(condition), effect, str(finding.n), verdict])
    return lines
