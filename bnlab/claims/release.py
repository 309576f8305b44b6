"""Adds verdicts of a report to the release: `python -m bnlab.claims.release REPORT.json`.

Verdicts of claims that are not in the report stay as they are. `make claims` tests the claims and
then calls this.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bnlab.claims import claims
from bnlab.claims.markdown import claims_document, readme_table
from bnlab.claims.protocol import protocol
from bnlab.claims.released import RELEASED, Released, all_released, released
from bnlab.spec.fields import SpecError, refusal
from bnlab.spec.member import parse

_ROOT = Path(__file__).resolve().parents[2]
README, DOCUMENT = _ROOT / "README.md", _ROOT / "docs/claims.md"
BEGIN, END = "<!-- claims: written by make claims -->", "<!-- end of claims -->"


@dataclass(frozen=True)
class Outcome:
    """What happened to the claims of a report."""

    taken: tuple[str, ...]  # their names
    refused: tuple[str, ...]  # sentences: not tested to the end, or not as its file has it


def release(report: Mapping[str, Any], path: Path = RELEASED) -> Outcome:
    """Merge the claims of a report into the release's verdicts.

    Args:
        report: as `python -m bnlab claims --out` writes it.
        path: the file that is changed.
    """
    taken: dict[str, Released] = {}
    refused = []
    for tested in report["claims"]:
        try:
            taken[tested["name"]] = _entry(tested)
        except SpecError as error:
            refused.append(str(error))
    found = all_released(path) | taken
    entries = {name: found[name].model_dump(mode="json") for name in claims() if name in found}
    document = {"format": "bnlab released claims 1", "claims": entries}
    path.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return Outcome(tuple(taken), tuple(refused))


def _entry(document: Mapping[str, Any]) -> Released:
    name, known = document["name"], claims()
    if document["state"] != "completed":
        raise refusal(name, f"a test that is {document['state']}", "a completed test")
    if name not in known or document["protocol"] != protocol(known[name]):
        raise refusal(name, "seeds, dials or studies of its own", "the claim as its file has it")
    same = ("claim", "protocol", "headline", "seeds", "seconds", "machine", "started_at",
            "versions")  # fmt: skip
    conditions = [_condition(one) for one in document["conditions"]]
    return parse(Released, {key: document[key] for key in same} | {"conditions": conditions})


def _condition(document: Mapping[str, Any]) -> dict[str, Any]:
    same = ("effect", "low", "high", "n", "left_out", "verdict", "notes")
    return {key: document[key] for key in same} | {
        "condition": document["name"],
        "never_first": document["never_first_count"],
        "never_second": document["never_second_count"],
    }


def with_table(readme: str, table: str) -> str:
    """The README with this table of verdicts between its two marks."""
    between = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    return between.sub(lambda _: f"{BEGIN}\n\n{table}\n\n{END}", readme)


def main(arguments: list[str]) -> int:
    """Merge the named reports into the release; rewrite the README's table and docs/claims.md."""
    outcomes = [release(json.loads(Path(path).read_text(encoding="utf-8"))) for path in arguments]
    released.cache_clear()
    text = README.read_text(encoding="utf-8")
    README.write_text(with_table(text, readme_table(released())), encoding="utf-8")
    DOCUMENT.write_text(claims_document(released()), encoding="utf-8")
    for outcome in outcomes:
        sys.stdout.write(f"Released: {', '.join(outcome.taken) or 'nothing'}.\n")
        sys.stderr.write("".join(f"{sentence}\n" for sentence in outcome.refused))
    return 1 if any(outcome.refused for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
