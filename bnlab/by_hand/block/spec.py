"""The settings of a block: its size, a norm, and one selected element.

>>> from_query({"kind": "group", "channels": "4", "groups": "2"}).channels
4
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self

from pydantic import Field, model_validator

from bnlab.by_hand.norms import BlockNorm
from bnlab.spec.fields import Frozen, flatten, refusal
from bnlab.spec.links import check_version, from_text, to_text
from bnlab.spec.member import MAX_SEED, parse

BLOCK_VERSION: Final = 1
MAX_EXAMPLES, MAX_CHANNELS, MAX_SIZE = 32, 8, 8
EPS: Final = 1e-5  # torch's default


class Block(Frozen):
    """A block of activations (N, C, size, size), how it is normalized, and the selected element."""

    kind: BlockNorm = Field("batch", title="Norm")
    examples: int = Field(
        4,
        ge=1,
        le=MAX_EXAMPLES,
        title="Examples",
        description="How many handwritten digits go through the network together: the batch size.",
    )
    channels: int = Field(
        6,
        ge=1,
        le=MAX_CHANNELS,
        title="Channels",
        description="How many filters the convolution has; each computes one map of every digit.",
    )
    size: int = Field(
        4,
        ge=1,
        le=MAX_SIZE,
        title="Positions",
        description="Height and width of each map. 1 × 1 is a dense layer: one number for each "
        "example and channel.",
    )
    groups: int = Field(
        2,
        ge=1,
        le=MAX_CHANNELS,
        title="Groups",
        description="The number of groups into which group norm divides the channels.",
    )
    each_position: bool = Field(
        False,
        title="Each position on its own (layer, RMS)",
        description="Layer and RMS norm then average over the channels of one position at a time, "
        "as transformers do for each token.",
    )
    shift: float = Field(
        0.0,
        ge=-100.0,
        le=100.0,
        title="Add to all values",
        description="One number that is added to every activation of the block.",
    )
    seed: int = Field(
        2, ge=0, le=MAX_SEED, title="Seed", description="Which digits and weights are drawn."
    )
    example: int = Field(2, ge=1, le=MAX_EXAMPLES, title="Selected example")
    channel: int = Field(3, ge=1, le=MAX_CHANNELS, title="Selected channel")
    position: int = Field(6, ge=1, le=MAX_SIZE**2, title="Selected position")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.channels % self.groups:
            raise refusal("groups", self.groups, f"a divisor of the {self.channels} channels")
        picks = (
            ("example", self.example, self.examples, "examples"),
            ("channel", self.channel, self.channels, "channels"),
            ("position", self.position, self.positions, "positions"),
        )
        for name, picked, count, what in picks:
            if picked > count:
                raise refusal(
                    name,
                    picked,
                    f"a whole number from 1 to {count}, the number of {what}",
                )
        return self

    @property
    def positions(self) -> int:
        """How many positions each map has."""
        return self.size**2

    @property
    def index(self) -> tuple[int, int, int]:
        """The index of the selected element in an array (N, C, P)."""
        return self.example - 1, self.channel - 1, self.position - 1

    def is_by_position(self, kind: BlockNorm) -> bool:
        """Whether this norm treats each position on its own here: only layer and RMS norm can."""
        return self.each_position and kind in ("layer", "rms")

    def replace(self, **fields: Any) -> Block:
        """This block with some fields replaced.

        Groups and the selected element stay if they still fit; otherwise the nearest that fit are
        used, unless they are among the fields.

        Raises:
            SpecError: one sentence that says what does not fit.
        """
        return parse(Block, _fitted(self.model_dump() | fields, keep=fields))


def _fitted(document: dict[str, Any], *, keep: Mapping[str, Any]) -> dict[str, Any]:
    """The document with groups and selected element fitted to its size, except for what is kept."""
    sizes = (document["examples"], document["channels"], document["size"])
    if not all(type(size) is int and 1 <= size <= MAX_EXAMPLES for size in sizes):
        return document  # pydantic says what is wrong
    limits = {
        "example": document["examples"],
        "channel": document["channels"],
        "position": document["size"] ** 2,
    }
    fitting = {name: min(document[name], most) for name, most in limits.items() if name not in keep}
    if "groups" not in keep:
        fitting["groups"] = max(
            g for g in divisors(document["channels"]) if g <= document["groups"]
        )
    return document | fitting


def divisors(channels: int) -> tuple[int, ...]:
    """The possible numbers of groups for a number of channels."""
    return tuple(groups for groups in range(1, channels + 1) if channels % groups == 0)


def to_query(block: Block) -> dict[str, str]:
    """The block as query parameters: every field, so that no later default changes a link."""
    fields = {name: to_text(value).removesuffix(".0") for name, value in flatten(block).items()}
    return {"v": str(BLOCK_VERSION)} | fields


def from_query(query: Mapping[str, str]) -> Block:
    """Read a block from query parameters; fields that are not named have their defaults.

    Raises:
        SpecError: one sentence that says what is wrong with the link.
    """
    check_version(query, BLOCK_VERSION)
    fields = {name: from_text(name, query[name], Block) for name in query if name != "v"}
    return Block().replace(**fields)
