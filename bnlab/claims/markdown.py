"""The released verdicts as Markdown: a line per claim for the README, every condition for docs/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bnlab.claims import claims
from bnlab.claims.claim import Claim
from bnlab.claims.released import Released
from bnlab.claims.words import effect_words, headline_words, tally

_ABOUT = """# The claims, condition by condition

Written by `make claims` from `bnlab/claims/released.json`. Each effect is that of the first arm
against the second, with its 95 % interval over the seeds. Conditions marked control, check or rival
do not count toward the verdict. What a claim trains, why it comes out the way it does and who
measured it before is on its page in the lab, and in `bnlab/claims/catalog/`.
"""


def readme_table(found: Mapping[str, Released]) -> str:
    """One line per claim: what textbooks say, and the verdict.

    Args:
        found: by name of the claim; claims that are missing are left out.
    """
    rows = [
        (f"{claim.number}. {claim.title}", claim.statement, _verdict(claim, found[claim.name]))
        for claim in claims().values()
        if claim.name in found
    ]
    return "\n".join(_table(("claim", "what textbooks say", "verdict"), rows))


def claims_document(found: Mapping[str, Released]) -> str:
    """A section per claim, with every condition; arguments as of `readme_table`."""
    sections = [
        "\n".join(_section(claim, found[claim.name]))
        for claim in claims().values()
        if claim.name in found
    ]
    return "\n".join([_ABOUT, *sections])


def _section(claim: Claim, found: Released) -> Iterator[str]:
    yield f"## {claim.number}. {claim.title}\n"
    yield f"> {claim.statement}\n"
    yield f"{headline_words(claim, found.findings)[0]} {found.where}\n"
    conditions = {one.name: one for one in claim.conditions}
    rows = [
        (one.condition, effect_words(conditions[one.condition], one), one.verdict or "no verdict")
        for one in found.findings
    ]
    yield from _table(("condition", "effect", "verdict"), rows)
    yield ""


def _verdict(claim: Claim, found: Released) -> str:
    if found.headline != "depends":
        return found.headline or "no verdict"
    return f"depends: {tally(claim, found.findings)}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"
