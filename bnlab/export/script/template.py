"""Pieces of source."""

from __future__ import annotations

from textwrap import dedent


def block(text: str, **names: object) -> str:
    """A dedented piece of source with `<name>` replaced; values may have several lines."""
    text = dedent(text).strip("\n")
    for name, value in names.items():
        text = text.replace(f"<{name}>", str(value))
    return text
