"""Phrases that read as translated do not come back."""

from __future__ import annotations

import re

from tests.server import ROOT

SOURCES = [
    ROOT / "app.py",
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/*.md"),
    *(path for folder in ("bnlab", "pages") for path in ROOT.glob(f"{folder}/**/*.py")),
    *ROOT.glob("web/**/*.js"),
]
# Write instead: again; no longer; subtracts; forward and backward pass; one row per network;
# differently; anyone, no one; registered.
TRANSLATED = re.compile(
    r"\banew\b|\bany more\b|\btak(?:es?|en|ing) away\b|\bway back\b|\bway forward\b"
    r"|\bas many times as\b|\bcame out otherwise\b|\b[Nn]obody\b|\b[Ss]omebody\b|\b[Ww]hoever\b"
    r"|\b(?:row|number|line|colour|map|dot) an? (?:network|seed|unit|member|variant|cell|step)\b"
    r"|\bwere brought\b|\bbrought images\b|\bthe bench\b|\ballowed (?:is|are)\b"
)


def test_no_sentence_reads_as_translated() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match.group()}"
        for path in SOURCES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (match := TRANSLATED.search(line))
    ]
    assert found == []
