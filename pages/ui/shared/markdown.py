"""Tables and links as Markdown: st.table would bring pandas along."""

from __future__ import annotations

from collections.abc import Sequence

from bnlab.by_hand.norms_in_use import Use


def source_link(use: Use) -> str:
    """The source of a row, a link where there is a preprint."""
    return f"[{use.source}](https://arxiv.org/abs/{use.arxiv})" if use.arxiv else use.source


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]], bold: int = -1) -> str:
    """A table as Markdown, one row of it bold."""
    lines = [head, [":--"] * len(head), *rows]
    if bold >= 0:
        lines[bold + 2] = [f"**{text}**" for text in rows[bold]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
