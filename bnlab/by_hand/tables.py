"""Numbers and tables as people type and paste them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bnlab.by_hand.batch_norm import LARGEST
from bnlab.spec.fields import refusal, shown

MAX_CHARACTERS = 300_000  # in a pasted text
MAX_LINES = 1024

Table = tuple[tuple[float, ...], ...]

_A_NUMBER = f"a number up to {LARGEST:g} in magnitude, such as 0.5 or -2e3"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def read_number(text: str, place: str = "The number") -> float:
    """A number as people write it: a point or a comma before decimals, e for powers of ten.

    >>> read_number("−1,5")
    -1.5

    Raises:
        SpecError: it is not a number, or too large to compute with.
    """
    plain = text.strip().replace("−", "-").replace(",", ".")
    value = float(plain) if _NUMBER.fullmatch(plain) else float("nan")
    if not abs(value) <= LARGEST:
        got = shown(text) if text.strip() else "nothing"
        raise refusal(place, got, _A_NUMBER)
    return value


def read_table(text: str) -> Table:
    """The numbers of a pasted text: one line per row, with tabs, semicolons, commas or spaces.

    Where tabs, semicolons or spaces separate the numbers, a comma is a decimal comma. In lines
    with only commas, or with a space after them, commas separate numbers.

    >>> read_table("1,5 2\\n3 4")
    ((1.5, 2.0), (3.0, 4.0))

    Raises:
        SpecError: one sentence about the first thing that is wrong.
    """
    if len(text) > MAX_CHARACTERS:
        raise refusal(
            "pasted text",
            f"more than {MAX_CHARACTERS:,} characters",
            f"{MAX_LINES} rows of numbers",
        )
    lines = [line.strip(" \r") for line in text.strip("\r\n").split("\n")]
    if len(lines) > MAX_LINES:
        raise refusal("pasted text", f"{len(lines):,} rows", f"up to {MAX_LINES:,}")
    return read_cells("pasted text", [_cells(line, text) for line in lines])


def read_cells(name: str, rows: Iterable[Sequence[str]]) -> Table:
    """A table of texts as numbers; raises SpecError with the place of the first that is not one."""
    return tuple(
        tuple(
            read_number(text, f"{name}, row {row}, column {column}")
            for column, text in enumerate(texts, 1)
        )
        for row, texts in enumerate(rows, 1)
    )


def written(value: float) -> str:
    """A number as a person would type it, in full: "2", "0.1", "1e-05"."""
    return repr(float(value)).removesuffix(".0")


def _cells(line: str, text: str) -> list[str]:
    for sign in "\t;":
        if sign in text:
            return line.split(sign)
    if re.search(r",\s*[^\s,]*,|, ", line) or not re.search(r"\s", line):
        return line.split(",")
    return line.split()
