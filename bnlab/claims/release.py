"""Takes verdicts from a report into the release: `python -m bnlab.claims.release REPORT.json`.

Verdicts of claims that the report does not have stay as they are. `make claims` does both: it
tests the claims, and calls this.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bnlab.claims import claims
from bnlab.claims.protocol import protocol
from bnlab.claims.released import RELEASED, Released, all_released, readme_table, released
from bnlab.fields import SpecError
from bnlab.spec import parse

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN, END = "<!-- claims: written by make claims -->", "<!-- end of claims -->"


def release(report: Mapping[str, Any], path: Path = RELEASED) -> list[str]:
    """Merge the claims of a report into the release's verdicts.

    Args:
        report: as `python -m bnlab claims --out` writes it.
        path: the file that is changed.

    Returns:
        The names of the claims that were taken.

    Raises:
        SpecError: a claim was not tested to its end, or not as its file has it.
    """
    taken = {document["name"]: _entry(document) for document in report["claims"]}
    known = all_released(path) | taken
    kept = [name for name in claims() if name in known]
    entries = {name: known[name].model_dump(mode="json") for name in kept}
    document = {"format": "bnlab released claims 1", "claims": entries}
    path.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return list(taken)


def _entry(document: Mapping[str, Any]) -> Released:
    name, known = document["name"], claims()
    if document["state"] != "completed":
        raise SpecError(f"{name}: got a claim that is {document['state']}, allowed is completed.")
    if name not in known or document["protocol"] != protocol(known[name]):
        raise SpecError(
            f"{name}: got seeds, dials or studies of its own, allowed is the claim as its file "
            "has it."
        )
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
    """A README with this table of verdicts between its two marks."""
    between = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    return between.sub(lambda _: f"{BEGIN}\n\n{table}\n\n{END}", readme)


def main(arguments: list[str]) -> int:
    """Take the reports that are named into the release, and write the README's table anew."""
    try:
        for path in arguments:
            taken = release(json.loads(Path(path).read_text(encoding="utf-8")))
            sys.stdout.write(f"Released: {', '.join(taken)}\n")
    except SpecError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    released.cache_clear()
    text = README.read_text(encoding="utf-8")
    README.write_text(with_table(text, readme_table(released())), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
