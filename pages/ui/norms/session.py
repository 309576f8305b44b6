"""The page "What is averaged" in one browser tab, in step with its URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bnlab.by_hand.block.spec import Block, from_query, to_query
from bnlab.spec.fields import SpecError
from pages.ui.shared.tab import PageTab


@dataclass(frozen=True)
class BlockAddress:
    """Everything that a link to the page holds."""

    block: Block = field(default_factory=Block)


page = PageTab(
    "norms",
    read=lambda query: BlockAddress(from_query(query)),
    write=lambda address: to_query(address.block),
    fallback=lambda query: BlockAddress(),
)


def set_up(plan: Mapping[str, Any]) -> None:
    """Put a block on the page, everything else as at the start, but with the same digits.

    Args:
        plan: fields of `bnlab.by_hand.block.spec.Block`, as kind, examples, channels, size, groups.

    Raises:
        SpecError: one sentence for what does not fit.
    """
    page.put(BlockAddress(Block(seed=page.current().block.seed).replace(**plan)))


def change(**fields: Any) -> None:
    """Set fields of the block, or keep things as they are and say why."""
    try:
        page.note(block=page.current().block.replace(**fields))
    except SpecError as error:
        page.refuse(str(error))
